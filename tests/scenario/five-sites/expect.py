"""expect.py [--votes] REPORT FOLDER [NAME] - every key that seed.php wrote is of its site
and group; with --votes, the site NAME is known by the votes of its keys.

The table: what a site with the factor k has in each group. Differences are printed,
and the exit code is 1 when there are any.
"""
import hashlib
import json
import os
import sys

# Keys of a group on a single site. Those of each blog, and those of the whole site.
OF_A_BLOG = {
    "options": lambda k: 2 + k,
    "posts": lambda k: 10 * k,
    "post_meta": lambda k: 5 * k,
    "terms": lambda k: 4 * k + 1,
    "transient": lambda k: 3 * k,
    "post-queries": lambda k: 6 * k,
    "category_relationships": lambda k: 2 * k,
    "genre_relationships": lambda k: k,
    "acme_reports": lambda k: k,
    "product_<n>": lambda k: 3 * k,
}
OF_THE_SITE = {
    "users": lambda k: k,
    "user_meta": lambda k: 2 * k,
    "site-options": lambda k: 1,
    "site-transient": lambda k: k,
}
# What is of no site: a queue and a neighbour that is no WordPress.
FOREIGN = 8

SITES = {
    "shop": dict(flavour="redis-cache", factor=1, prefix="five_wp:"),
    "net": dict(flavour="redis-cache", factor=2, prefix="five_net:", blogs=2),
    "blog": dict(flavour="wp-redis", factor=3, prefix="five_"),
    "mag": dict(flavour="w3-total-cache", factor=4, prefix="w3tc_1804289383_"),
    "lite": dict(flavour="litespeed-cache", factor=5, prefix=None),
}


def expected_groups(site):
    k, blogs = site["factor"], site.get("blogs", 1)
    groups = {name: blogs * count(k) for name, count in OF_A_BLOG.items()}
    groups.update({name: count(k) for name, count in OF_THE_SITE.items()})
    if site["flavour"] == "redis-cache":
        groups["redis-cache"] = 1  # its metrics
    if site["flavour"] == "wp-redis":
        groups["terms"] = groups["transient"] = 1  # a hash each
    if site["flavour"] == "w3-total-cache":
        # A version of each group, the product's own ones included; and where a group
        # is not known nothing says where it ends.
        products = groups["product_<n>"]
        groups = {name: keys + 1 for name, keys in groups.items()}
        groups["product_<n>"] = 2 * products
        groups["<no group>"] = groups.pop("acme_reports") - 1
        groups["acme_reports"] = 1
    return groups


def compare(what, found, expected):
    if found == expected:
        return 0
    print(f"{what}: {found!r}, expected {expected!r}")
    return 1


def check_sites(report, folder):
    """The name of each site, and how much of what was found of it is wrong."""
    names, wrong = {}, 0
    by_path = {os.path.basename(s["path"]): s for s in report["sites"]}
    wrong += compare("sites", sorted(by_path), sorted(SITES))
    for key, site in by_path.items():
        expected = SITES[key]
        names[key] = site["name"]
        wrong += compare(f"{key}: flavour", site["object_cache"]["flavour"],
                         expected["flavour"])
        wrong += compare(f"{key}: redis", site["redis"],
                         f"unix://{folder}/redis.sock?db=2")
        wrong += compare(f"{key}: network", site["is_multisite"],
                         expected.get("blogs", 1) > 1)
        wrong += compare(f"{key}: unresolved", site["unresolved"], [])
        prefix = expected["prefix"] or lite_prefix(folder)
        wrong += compare(f"{key}: prefix", site["key_prefix"], prefix)
    return names, wrong


def lite_prefix(folder):
    path = (f"{os.path.realpath(folder)}/lite/wp-content/plugins/litespeed-cache/src/"
            "object-cache-wp.cls.php")
    return hashlib.md5(path.encode()).hexdigest()[-5:]


def check_groups(report, names):
    wrong = 0
    total = FOREIGN + sum(sum(expected_groups(s).values()) for s in SITES.values())
    for key, site in SITES.items():
        rows = {r["group"]: r["keys"] for r in report["tables"]["redis_groups"]
                if r["site"] == names[key]}
        foreign = rows.pop("<not this site>", 0)
        expected = expected_groups(site)
        for group in sorted(rows.keys() | expected.keys()):
            wrong += compare(f"{key}: {group}", rows.get(group), expected.get(group))
        wrong += compare(f"{key}: not its own", foreign, total - sum(expected.values()))
    return wrong


def check_votes(report, folder, name):
    """What the keys alone say of that site, which is the only one."""
    site, expected = report["sites"][0], SITES[name]
    cache = site["object_cache"]
    wrong = compare("flavour", cache["flavour"], expected["flavour"])
    wrong += compare("network", site["is_multisite"], expected.get("blogs", 1) > 1)
    wrong += compare("prefix", site["key_prefix"],
                     expected["prefix"] or lite_prefix(folder))
    most = f" vote {expected['flavour']}"
    wrong += compare("most votes", most in (cache["shape_votes"] or "").split(",")[0],
                     True)
    return wrong


def main():
    if sys.argv[1] == "--votes":
        with open(sys.argv[2], encoding="utf-8") as file:
            return 1 if check_votes(json.load(file), *sys.argv[3:]) else 0
    with open(sys.argv[1], encoding="utf-8") as file:
        report = json.load(file)
    names, wrong = check_sites(report, sys.argv[2])
    wrong += check_groups(report, names)
    return 1 if wrong else 0


sys.exit(main())
