-- The heavy bootstrap: three plugins that keep what they compute in autoloaded options,
-- together 38,000,000 bytes; the first of them 22,000,000.
-- tern-catalogue: one option, and a log beside it.
INSERT INTO kl_options (option_name, option_value, autoload) VALUES
    ('tern_catalogue_index', REPEAT('{"sku":"TC-0001","price":19.95,"stock":7}', 487804), 'yes'),
    ('tern_catalogue_log', REPEAT('2026-09-04 import of 1,204 rows\n', 62500), 'on');
UPDATE kl_options SET option_value = CONCAT(option_value, REPEAT('x', 20000000 - LENGTH(option_value)))
    WHERE option_name = 'tern_catalogue_index';
-- harbour-forms: an option for each entry that anybody sent, 900 of 12,000 bytes.
INSERT INTO kl_options (option_name, option_value, autoload)
    WITH RECURSIVE numbers(seq) AS
        (SELECT 1 UNION ALL SELECT seq + 1 FROM numbers WHERE seq < 900)
    SELECT CONCAT('harbour_forms_entry_', seq), RPAD('a:9:{s:4:"form";s:7:"contact";', 12000, 'v'), 'auto-on'
    FROM numbers;
-- lumen-seo: redirects by the hundred, 400 of 13,000 bytes.
INSERT INTO kl_options (option_name, option_value, autoload)
    WITH RECURSIVE numbers(seq) AS
        (SELECT 1 UNION ALL SELECT seq + 1 FROM numbers WHERE seq < 400)
    SELECT CONCAT('lumen_seo_redirects_', LPAD(seq, 4, '0')), RPAD('a:80:{i:0;s:11:"/old-path/1";', 13000, 'w'), 'yes'
    FROM numbers;
-- What every site has, and what is large but loaded by nobody.
INSERT INTO kl_options (option_name, option_value, autoload) VALUES
    ('siteurl', 'https://club.example.test', 'yes'),
    ('blogname', 'Rowing club', 'yes'),
    ('active_plugins', 'a:3:{i:0;s:33:"tern-catalogue/tern-catalogue.php";i:1;s:31:"harbour-forms/harbour-forms.php";i:2;s:23:"lumen-seo/lumen-seo.php";}', 'yes'),
    ('harbour_forms_export', REPEAT('z', 3000000), 'no');
