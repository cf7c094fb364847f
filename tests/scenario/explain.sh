#!/bin/sh
# explain.sh WPBLOAT - options and meta values of a site's own MariaDB, taken apart.
set -eu

wpbloat=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"

need mariadbd "$python"

start_mariadb db
mariadb_wordpress db shop wp_
"$python" - "$work" <<'EOF'
import json, sys

def text(value):
    return "x'" + value.encode().hex() + "'"

def serialize(value):
    if isinstance(value, dict):
        inner = "".join(serialize(k) + serialize(v) for k, v in value.items())
        return "a:%d:{%s}" % (len(value), inner)
    if isinstance(value, bool):
        return "b:%d;" % value
    if isinstance(value, int):
        return "i:%d;" % value
    return 's:%d:"%s";' % (len(value.encode()), value)

widget = {"id": "a1", "elType": "widget", "settings": {"html": "<p>secret words</p>" * 300},
          "elements": []}
layout = [{"id": "s%d" % i, "elType": "section", "settings": [], "elements": [widget]}
          for i in range(300)]
css = {"time": 1700000000, "status": "inline", "css": ".e{color:#123}" * 20000}
grows = {"page_%d" % i: True for i in range(5000)}
with open(sys.argv[1] + "/rows.sql", "w") as out:
    out.write("USE shop;\n")
    for key, value in (("_elementor_data", json.dumps(layout)),
                       ("_elementor_css", serialize(css)),
                       ("panels_data", serialize(css).replace("color", "colour"))):
        out.write("INSERT INTO wp_postmeta (post_id, meta_key, meta_value) VALUES "
                  "(42, %s, %s);\n" % (text(key), text(value)))
    for name, value in (("fusion_dynamic_css_posts", serialize(grows)),
                        ("cut", serialize(css)[:65535])):
        out.write("INSERT INTO wp_options (option_name, option_value, autoload) VALUES "
                  "(%s, %s, 'yes');\n" % (text(name), text(value)))
EOF
mariadb_root db <"$work/rows.sql"

# explain NAME ARGUMENT...: as the account of grants.sql.
explain() {
    explain_name=$1
    shift
    run "$explain_name" "$wpbloat" explain "$@" \
        --mysql "mysql+unix://$work/db.sock?db=shop&user=wpbloat" \
        --mysql-password-file "$work/db.password" --memory-limit 128M
    ! grep -q 'secret words\|color:#' "$work/$explain_name.out" ||
        fail "$explain_name: a value is shown"
}

# expect_explanation NAME: the json on stdout is valid by the published schema.
expect_explanation() {
    "$python" "$repository/tests/lint/validate_json.py" \
        "$repository/docs/explain.schema.json" "$work/$1.out" >&2 || {
        show "$1"
        fail "$1: not a valid explanation"
    }
}

explain layout meta 42 _elementor_data
expect_code layout 0
expect_line layout out '_elementor_data of post 42'
expect_line layout out 'encoding +json'
expect_line layout out 'page builder +elementor, layout'
expect_line layout out 'elements of the page +600'
expect_line layout out 'to load it .* of memory_limit'
explain layout meta 42 _elementor_data --format json
expect_explanation layout
expect_json layout 'd["kind"] == "meta"' 'd["row"]["widgets"] == 600' \
    'd["row"]["post"] == "42"' 'd["flaw"] is None' \
    'd["php"]["read_peak_bytes"] > d["value_bytes"]' \
    'd["value_bytes"] == d["examined_bytes"] == d["row"]["bytes"]'

explain css meta 42 _elementor_css --format json
expect_code css 0
expect_explanation css
expect_json css 'd["encoding"] == "serialize"' 'd["paths"][0]["path"] == "css"'

explain flawed meta 42 panels_data
expect_code flawed 0
expect_line flawed out 'search-and-replace'

explain grows option fusion_dynamic_css_posts --format json
expect_code grows 0
expect_explanation grows
expect_json grows 'd["kind"] == "option"' 'd["entries"] == 5000' \
    'd["row"]["autoloaded"] is True' 'd["row"]["role"] == "per page"' \
    'd["families"][0]["template"] == "page_<n>"' 'd["families"][0]["names"] == 5000'
explain cut option cut
expect_code cut 0
expect_line cut out '65,535'

explain absent option no_such_option
expect_code absent 3
expect_line absent err "no option 'no_such_option'"
explain absent meta 42 no_such_key
expect_code absent 3
expect_line absent err "post 42 has no meta 'no_such_key'"
explain hostile meta 42 "x'; DROP TABLE wp_posts; -- "
expect_code hostile 3
run nowhere "$wpbloat" explain option cut \
    --mysql "mysql+unix://$work/nobody.sock?db=shop&user=wpbloat"
expect_code nowhere 3
run wrong "$wpbloat" explain option cut --table-prefix other_ \
    --mysql "mysql+unix://$work/db.sock?db=shop&user=wpbloat" \
    --mysql-password-file "$work/db.password"
expect_code wrong 3
