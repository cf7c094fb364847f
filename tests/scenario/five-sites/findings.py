"""findings.py TABLE REPORT FOLDER - each rule fires where it should and nowhere else.

The tables: what must be found, by site, rule, severity and subject. What is missing and
what is there beyond them is printed, and the exit code is 1 when there is any.
"""
import hashlib
import json
import os
import sys

# Rules that need the database of a site, which these sites have not, or the agent's
# history, which a scan has not: in no table.
NEED_MORE = {"cache.stale_notoptions", "cache.entry_growth", "cache.group_growth",
             "cache.memory_forecast"}

W3TC = "w3tc_1804289383_five.example.test_0_object_0"

# One Redis without a limit, and what ail.php has done to the sites on it.
AILING = [
    ("shop", "cache.notoptions_bloat", "warning", "five_wp:options:notoptions"),
    ("shop", "cache.misencoded", "critical", "five_wp:options:alloptions"),
    ("shop", "cache.misencoded", "warning", "five_wp:acme_reports:yearly"),
    ("shop", "cache.dead_cron", "warning", "five_wp:redis-cache:metrics"),
    ("net", "cache.notoptions_bloat", "warning", "five_net::site-options:1-notoptions"),
    ("net", "cache.dead_cron", "warning", "five_net::redis-cache:metrics"),
    ("net", "cache.alloptions_large", "warning", "five_net:2:options:alloptions"),
    ("net", "cache.transient_without_ttl", "warning", "transient"),
    ("net", "cache.feed_transients", "info", "site-transient:feed_<hex>"),
    ("blog", "cache.orphans", "warning", "db2"),
    ("blog", "cache.nonpersistent_group", "warning", "counts"),
    ("blog", "cache.entry_large", "warning", "five_post_meta:4711"),
    ("blog", "cache.misencoded", "warning", "five_options:alloptions"),
    ("mag", "cache.notoptions_bloat", "warning", W3TC + "optionsnotoptions"),
    ("mag", "cache.entry_large", "warning", W3TC + "transientacme_export"),
    ("lite", "cache.entry_decode_peak", "warning", "LITEpost_meta.815"),
    ("lite", "cache.feed_transients", "warning", "transient:feed_<hex>"),
    ("lite", "cache.transient_without_ttl", "warning", "site-transient"),
]

# A full Redis of all five: each of its ails is told once, for all.
ALL = "blog lite mag net shop"
FULL = [(ALL, "cache.eviction_pressure", "warning", ""),
        (ALL, "cache.low_hit_ratio", "info", "")]

TABLES = {
    "ailing": AILING,
    "volatile": FULL + [(ALL, "cache.ttlless_share", "critical", "")],
    "noeviction": FULL + [(ALL, "cache.ttlless_share", "critical", "")],
    "allkeys": FULL,
    "roomy": [(ALL, "cache.eviction_pressure", "info", ""),
              (ALL, "cache.low_hit_ratio", "info", "")],
    "unlimited": [(ALL, "cache.ttlless_share", "info", ""),
                  (ALL, "cache.low_hit_ratio", "info", "")],
    "churning": [("lite", "cache.write_churn", "warning", "LITEtransient.acme_state")],
    "staging": [("shop staging", "cache.shared_prefix", "critical", "db2")],
}


def lite_prefix(folder):
    path = (f"{os.path.realpath(folder)}/lite/wp-content/plugins/litespeed-cache/src/"
            "object-cache-wp.cls.php")
    return hashlib.md5(path.encode()).hexdigest()[-5:]


def rules():
    """The codes of the reference, which is generated from the registry."""
    here = os.path.dirname(os.path.abspath(__file__))
    with open(f"{here}/../../../docs/rules.md", encoding="utf-8") as file:
        return {line[3:].strip() for line in file if line.startswith("## cache.")}


def expected(table, folder):
    return {(site, code, severity, subject.replace("LITE", lite_prefix(folder)))
            for site, code, severity, subject in TABLES[table]}


def found(report):
    names = {s["name"]: os.path.basename(s["path"]) for s in report["sites"]}
    rows = []
    for finding in report["findings"]:
        sites = [finding["site"]] + finding.get("other_sites", [])
        rows.append((" ".join(sorted(names[s] for s in sites)), finding["code"],
                     finding["severity"], finding["subject"]["name"]))
    return rows


def main():
    table, path, folder = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        rows = found(json.load(file))
    wrong = [f"missing: {row}" for row in sorted(expected(table, folder) - set(rows))]
    wrong += [f"too many: {row}" for row in sorted(set(rows) - expected(table, folder))]
    wrong += [f"twice: {row}" for row in sorted(set(rows)) if rows.count(row) > 1]
    in_tables = {code for rows in TABLES.values() for _, code, _, _ in rows}
    wrong += [f"in no table: {code}"
              for code in sorted(rules() - in_tables - NEED_MORE)]
    wrong += [f"fed after all: {code}" for code in sorted(in_tables & NEED_MORE)]
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


sys.exit(main())
