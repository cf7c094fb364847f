-- Least privilege for wpbloat in MariaDB 10.11 and MySQL 8 or later: it reads the
-- tables named here and the server's own figures. Nothing below lets it write, lock
-- tables, see other users' statements as they were sent, or read users and comments.
-- (MariaDB lets whoever may SELECT also lock rows by SELECT ... FOR UPDATE; wpbloat
-- sends none.)
--
-- Put your schema and table prefix in the place of `wordpress`.`wp_, choose a
-- password, and run it as an administrator: mariadb < grants.sql. The account is for
-- the unix socket and, where names are resolved, 127.0.0.1; for an agent on another
-- host put that host's address in the place of 'localhost'. Then:
--
--   wpbloat scan --mysql mysql://wpbloat@HOST/SCHEMA --mysql-password-file FILE
--
-- Each grant stands alone: without it the probe says what it could not see, and the
-- rest stands. In a network of sites repeat the first three for each blog's tables
-- (wp_2_options and so on).

-- Two connections: one statement at a time, and one that ends it when its time is
-- over (KILL QUERY of one's own needs no privilege). The others are for a scan by
-- hand beside the agent.
CREATE USER IF NOT EXISTS 'wpbloat'@'localhost' IDENTIFIED BY 'CHOOSE-A-PASSWORD'
    WITH MAX_USER_CONNECTIONS 4;

-- Autoload, transients, the cron option, the settings of page builders; option names
-- that the cache says do not exist. Option values hold secrets of plugins: wpbloat
-- reads lengths, and values only of those it takes apart, and prints none.
GRANT SELECT ON `wordpress`.`wp_options` TO 'wpbloat'@'localhost';
-- Page builders' layouts and compiled CSS: counts, sampled lengths, the worst few
-- values. Also what its size and its indexes are, in information_schema.
GRANT SELECT ON `wordpress`.`wp_postmeta` TO 'wpbloat'@'localhost';
-- Which post a value belongs to (id, type, status, address), which are revisions, and
-- which posts no longer exist.
GRANT SELECT ON `wordpress`.`wp_posts` TO 'wpbloat'@'localhost';

-- Pages of each index, which say how much there is to read without reading it. Not
-- the whole of mysql.*: password hashes are in there.
GRANT SELECT ON `mysql`.`innodb_index_stats` TO 'wpbloat'@'localhost';

-- With WooCommerce: take the dashes away. A grant on a table that does not exist is
-- an error, which is why they are not active.
--   sessions: how many, how many expired, the largest; is there an index on the expiry
--   actions: past due, failed, never purged; of their log only the size
--   product lookup: does it hold as many rows as there are products
-- GRANT SELECT ON `wordpress`.`wp_woocommerce_sessions` TO 'wpbloat'@'localhost';
-- GRANT SELECT ON `wordpress`.`wp_actionscheduler_actions` TO 'wpbloat'@'localhost';
-- GRANT SELECT ON `wordpress`.`wp_actionscheduler_logs` TO 'wpbloat'@'localhost';
-- GRANT SELECT ON `wordpress`.`wp_wc_product_meta_lookup` TO 'wpbloat'@'localhost';

-- What the site's requests make the server do: how long statements take in all; which
-- kinds run most and longest (their texts without values). Only where performance_schema
-- is on, as in MySQL; for MariaDB `wpbloat check` prints the lines to add, and
-- docs/operations.md tells what they cost.
GRANT SELECT ON `performance_schema`.`events_statements_summary_global_by_event_name`
    TO 'wpbloat'@'localhost';
GRANT SELECT ON `performance_schema`.`events_statements_summary_by_digest`
    TO 'wpbloat'@'localhost';

-- Who waits for whose lock, with the statements' shapes: take the dashes away (the last
-- two lines are for MySQL). PROCESS shows the account every statement that runs, values
-- included, which wpbloat drops before anything is kept; without it wpbloat tells how
-- many wait, and which statements only where they are of its own account.
-- GRANT PROCESS ON *.* TO 'wpbloat'@'localhost';
-- GRANT SELECT ON `performance_schema`.`data_locks` TO 'wpbloat'@'localhost';
-- GRANT SELECT ON `performance_schema`.`data_lock_waits` TO 'wpbloat'@'localhost';

-- On a replica that wpbloat shall stop reading while it lags (SHOW REPLICA STATUS):
-- one of these, as the server is MariaDB or MySQL.
-- GRANT REPLICA MONITOR ON *.* TO 'wpbloat'@'localhost';
-- GRANT REPLICATION CLIENT ON *.* TO 'wpbloat'@'localhost';

-- Not needed, so not granted (SHOW GLOBAL STATUS and SHOW VARIABLES are open to every
-- account): FILE, LOCK TABLES, CREATE TEMPORARY TABLES, SUPER.
