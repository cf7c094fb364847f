#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/wordpress/config_eval.h"

/* --- a world of files and variables in memory --- */

struct world {
    const char *files[12]; /* path, content, path, content, ... */
    const char *environment[12];
    bool is_environment_known;
    unsigned reads;
};

static int world_read(void *cookie, const char *path, bool is_secret,
                      struct wpb_arena *arena, struct wpb_slice *bytes,
                      struct wpb_err *err)
{
    struct world *world = cookie;
    (void)is_secret;
    world->reads++;
    for (size_t i = 0; i + 1 < 12 && world->files[i]; i += 2) {
        if (strcmp(world->files[i], path) == 0) {
            *bytes = wpb_arena_copy(arena, wpb_slice_cstr(world->files[i + 1]));
            return 0;
        }
    }
    return wpb_err_set(err, WPB_E_NOT_FOUND, "test", "%s: no such file", path);
}

static bool world_exists(void *cookie, const char *path)
{
    struct world *world = cookie;
    for (size_t i = 0; i + 1 < 12 && world->files[i]; i += 2) {
        if (strcmp(world->files[i], path) == 0)
            return true;
    }
    return false;
}

static enum wpb_config_truth world_environment(void *cookie, struct wpb_slice name,
                                               struct wpb_slice *value)
{
    struct world *world = cookie;
    for (size_t i = 0; i + 1 < 12 && world->environment[i]; i += 2) {
        if (wpb_slice_is(name, world->environment[i])) {
            *value = wpb_slice_cstr(world->environment[i + 1]);
            return WPB_CONFIG_TRUE;
        }
    }
    return world->is_environment_known ? WPB_CONFIG_FALSE : WPB_CONFIG_UNKNOWN;
}

static struct wpb_config *config_in(struct world *world)
{
    struct wpb_config_reader reader = {world, world_read, world_exists,
                                       world_environment};
    struct wpb_config *config = wpb_config_new(&reader);
    assert_non_null(config);
    wpb_config_define(config, "ABSPATH", "/srv/www/");
    return config;
}

static struct wpb_config *eval_in(struct world *world, const char *body)
{
    struct wpb_config *config = config_in(world);
    char *source = malloc(strlen(body) + 8);
    assert_non_null(source);
    sprintf(source, "<?php\n%s", body);
    wpb_config_eval(config, "/srv/www/wp-config.php", wpb_slice_cstr(source));
    free(source);
    return config;
}

static struct wpb_config *eval(const char *body)
{
    static struct world nothing;
    memset(&nothing, 0, sizeof nothing);
    return eval_in(&nothing, body);
}

/* --- what came out --- */

static void assert_value(enum wpb_config_presence_of presence,
                         struct wpb_config_value value, const char *expected)
{
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_slice text;
    if (presence == WPB_CONFIG_IS_UNRESOLVED)
        print_message("unresolved: %s\n", value.why->reason);
    assert_int_equal(presence, WPB_CONFIG_IS_KNOWN);
    assert_true(wpb_config_value_text(value, arena, &text));
    assert_string_equal(wpb_arena_cstr(arena, text), expected);
    wpb_arena_free(arena);
}

static void assert_constant(struct wpb_config *config, const char *name,
                            const char *expected)
{
    struct wpb_config_value value;
    enum wpb_config_presence_of presence = wpb_config_constant(config, name, &value);
    assert_value(presence, value, expected);
}

static void assert_variable(struct wpb_config *config, const char *name,
                            const char *expected)
{
    struct wpb_config_value value;
    enum wpb_config_presence_of presence = wpb_config_variable(config, name, &value);
    assert_value(presence, value, expected);
}

static void assert_unresolved(struct wpb_config *config, const char *name, uint32_t line,
                              const char *reason)
{
    struct wpb_config_value value;
    assert_int_equal(wpb_config_constant(config, name, &value), WPB_CONFIG_IS_UNRESOLVED);
    assert_int_equal(value.why->line, line);
    if (!strstr(value.why->reason, reason))
        fail_msg("reason is: %s", value.why->reason);
}

static void assert_absent(struct wpb_config *config, const char *name)
{
    struct wpb_config_value value;
    assert_int_equal(wpb_config_constant(config, name, &value), WPB_CONFIG_IS_ABSENT);
}

static void assert_no_problem(struct wpb_config *config)
{
    size_t count;
    const struct wpb_config_problem *problems = wpb_config_problems(config, &count);
    if (count)
        fail_msg("%s:%u: %s", problems[0].file, problems[0].line, problems[0].what);
}

static void assert_problem(struct wpb_config *config, enum wpb_config_problem_type type,
                           uint32_t line)
{
    size_t count;
    const struct wpb_config_problem *problems = wpb_config_problems(config, &count);
    assert_true(count > 0);
    assert_int_equal(problems[0].type, type);
    assert_int_equal(problems[0].line, line);
}

/* One constant A whose value is EXPRESSION. */
static void assert_expression(const char *expression, const char *expected)
{
    char body[1024];
    snprintf(body, sizeof body, "define('A', %s);", expression);
    struct wpb_config *config = eval(body);
    assert_no_problem(config);
    assert_constant(config, "A", expected);
    wpb_config_free(config);
}

/* --- names --- */

static void the_first_define_wins(void **state)
{
    struct wpb_config *config = eval("define('A', 'one'); define('A', 'two');");
    (void)state;
    assert_constant(config, "A", "one");
    wpb_config_free(config);
}

static void define_is_known_in_any_spelling(void **state)
{
    struct wpb_config *config = eval("DEFINE ( \"A\" , 'a' , true ) ; \\define('B','b');"
                                     "const C = 'c', D = 'd';\n"
                                     "namespace X; \\Define('E', 'e');");
    (void)state;
    assert_no_problem(config);
    assert_constant(config, "A", "a");
    assert_constant(config, "B", "b");
    assert_constant(config, "C", "c");
    assert_constant(config, "D", "d");
    assert_constant(config, "E", "e");
    wpb_config_free(config);
}

static void the_last_assignment_wins(void **state)
{
    struct wpb_config *config = eval("$table_prefix = 'a_'; $table_prefix = 'b_';");
    (void)state;
    assert_variable(config, "table_prefix", "b_");
    wpb_config_free(config);
}

static void defined_guards_are_evaluated(void **state)
{
    struct wpb_config *config =
        eval("define('A', 1);\n"
             "defined('A') or define('A', 2); defined('B') || define('B', 2);\n"
             "if (!defined('C')) define('C', 3); if ( ! defined( 'A' ) ) { "
             "define('A', 4); }\n"
             "defined('A') && define('D', 5);");
    (void)state;
    assert_no_problem(config);
    assert_constant(config, "A", "1");
    assert_constant(config, "B", "2");
    assert_constant(config, "C", "3");
    assert_constant(config, "D", "5");
    wpb_config_free(config);
}

static void names_in_comments_and_strings_define_nothing(void **state)
{
    struct wpb_config *config =
        eval("// define('A', 1);\n# define('A', 2);\n/* define('A', 3); */\n"
             "$x = \"define('A', 4);\"; $y = <<<'E'\ndefine('A', 5);\nE;\n"
             "?>define('A', 6);<?php\n#[Define('A', 7)]\n");
    (void)state;
    assert_no_problem(config);
    assert_absent(config, "A");
    wpb_config_free(config);
}

static void what_stands_in_functions_and_classes_is_not_run(void **state)
{
    struct wpb_config *config =
        eval("function f($x = ['}']) { define('A', \"}\"); }\n"
             "class C extends D { const A = 1; function g() { define('A', 2); } }\n"
             "$f = function() use (&$x): int { define('A', 3); };\n"
             "$g = static fn(int $a) => define('A', 4);\n"
             "abstract class E {} interface I {} trait T { function h() {} }\n"
             "enum Suit: string { case A = 'a'; }\n"
             "final class F {} function &r() { return $x; }\n"
             "$o = new class(1) extends D { public $p = 1; };\n"
             "define('B', 1);");
    (void)state;
    assert_no_problem(config);
    assert_absent(config, "A");
    assert_constant(config, "B", "1");
    wpb_config_free(config);
}

static void wp_settings_is_the_end(void **state)
{
    struct wpb_config *config = eval("define('A', 1);\nrequire_once ABSPATH . "
                                     "'wp-settings.php';\ndefine('B', 2); '");
    (void)state;
    assert_no_problem(config);
    assert_constant(config, "A", "1");
    assert_absent(config, "B");
    wpb_config_free(config);
}

static void pinned_variables_do_not_change(void **state)
{
    static struct world world;
    struct wpb_config *config = config_in(&world);
    (void)state;
    wpb_config_pin(config, "file", "/etc/x.php");
    wpb_config_eval(config, "/srv/www/wp-config.php",
                    wpb_slice_cstr("<?php $file = strtolower($_GET['x']); "
                                   "define('A', $file);"));
    assert_constant(config, "A", "/etc/x.php");
    wpb_config_free(config);
}

/* --- expressions --- */

static void literals(void **state)
{
    (void)state;
    assert_expression("'it\\'s $1'", "it's $1");
    assert_expression("\"tab\\t\\$\"", "tab\t$");
    assert_expression("-0x10", "-16");
    assert_expression("1_000", "1000");
    assert_expression("1.5", "1.5");
    assert_expression("1e3", "1000");
    assert_expression("-0.125", "-0.125");
    assert_expression("0.1 + 0.2", "0.3");
    assert_expression("true", "1");
    assert_expression("FALSE", "");
    assert_expression("null", "");
    assert_expression("<<<E\n  x\n  E", "x");
}

static void operators_bind_as_in_php(void **state)
{
    (void)state;
    assert_expression("'a' . 1 + 2", "a3");
    assert_expression("64 * 1024 . 'K'", "65536K");
    assert_expression("2 + 3 * 4", "14");
    assert_expression("1 === 1 ? 'y' : 'n'", "y");
    assert_expression("true ? false or 'x' : 'n'", "1");
    assert_expression("1 == '1' && !false ? 'y' : 'n'", "y");
    assert_expression("null ?? 'd'", "d");
    assert_expression("'' ?: 'd'", "d");
    assert_expression("'v' ?: 'd'", "v");
    assert_expression("$_GET ? 'same' : 'same'", "same");
    assert_expression("(1 > 2 || 3 >= 3) && 'x' != 'y' ? 'y' : 'n'", "y");
    assert_expression("(int)'42' + 1", "43");
    assert_expression("(string)7 . '!'", "7!");
    assert_expression("($x = 'in') . $x", "inin");
}

static void arrays(void **state)
{
    (void)state;
    assert_expression("['a', 'k' => 'b', 5 => 'c', 'd'][6]", "d");
    assert_expression("array('k' => array('l' => 'deep'))['k']['l']", "deep");
    assert_expression("['1' => 'one'][1]", "one");
    assert_expression("['a',][0]", "a");
}

static void constants_and_magic_words(void **state)
{
    (void)state;
    assert_expression("ABSPATH . 'x'", "/srv/www/x");
    assert_expression("__DIR__ . DIRECTORY_SEPARATOR . 'x'", "/srv/www/x");
    assert_expression("__FILE__", "/srv/www/wp-config.php");
    assert_expression("dirname(__FILE__) . '/'", "/srv/www/");
    assert_expression("dirname(__DIR__)", "/srv");
    assert_expression("dirname(__FILE__, 2)", "/srv");
    assert_expression("basename(__DIR__)", "www");
    assert_expression("constant('ABSPATH')", "/srv/www/");
}

static void string_functions(void **state)
{
    (void)state;
    assert_expression("rtrim('a/b//', '/')", "a/b");
    assert_expression("trim(\" a \\n\")", "a");
    assert_expression("strtolower('ÄBc')", "Äbc");
    assert_expression("strtoupper('äbc')", "äBC");
    assert_expression("ltrim('  a ') . rtrim(' b  ') . '.'", "a  b.");
    assert_expression("str_replace('.', '_', 'a.b.c')", "a_b_c");
    assert_expression("substr('/name', 1)", "name");
    assert_expression("substr('name', -2)", "me");
    assert_expression("parse_url('mysql://u:p%40@h:33/db?x')['port']", "33");
    assert_expression("((object) parse_url('mysql://u:p@h/db'))->host", "h");
}

static void interpolation(void **state)
{
    struct wpb_config *config =
        eval("$h = 'db'; $a = ['k' => 'v', 'n' => ['x' => 'y']];\n"
             "define('A', \"$h:{$a['n']['x']}-$a[k]-\\$h\");\n"
             "define('B', <<<\"E\"\n   $h.local\n   E);");
    (void)state;
    assert_no_problem(config);
    assert_constant(config, "A", "db:y-v-$h");
    assert_constant(config, "B", "db.local");
    wpb_config_free(config);
}

static void elements_are_set_one_by_one(void **state)
{
    struct wpb_config *config =
        eval("$redis_server = array('host' => 'a');\n$redis_server['port'] = 6380;\n"
             "$redis_server['host'] = 'b'; $list[] = 'x'; $list[] = 'y';\n"
             "$GLOBALS['g'] = 'global'; $deep['a']['b'] = 'c';\n"
             "define('A', $redis_server['host'] . $redis_server['port'] . $list[1]\n"
             " . $g . $deep['a']['b']);");
    (void)state;
    assert_no_problem(config);
    assert_constant(config, "A", "b6380yglobalc");
    wpb_config_free(config);
}

static void compound_assignment(void **state)
{
    struct wpb_config *config =
        eval("$a = 'x'; $a .= 'y'; $b ?\?= 'z'; $n = 1; $n += 2;\n"
             "define('A', $a . $b . $n);");
    (void)state;
    assert_no_problem(config);
    assert_constant(config, "A", "xyz3");
    wpb_config_free(config);
}

/* --- the environment --- */

static void the_environment_in_all_its_spellings(void **state)
{
    struct world world = {.environment = {"H", "host", "E", "true"}};
    struct wpb_config *config =
        eval_in(&world, "define('A', getenv('H')); define('B', $_ENV['H']);\n"
                        "define('C', $_SERVER['H']); define('D', env('H') ?: 'x');\n"
                        "define('E', Env\\env('E') === true ? 'bool' : 'text');\n"
                        "define('F', getenv_docker('H', 'x'));");
    (void)state;
    assert_no_problem(config);
    assert_constant(config, "A", "host");
    assert_constant(config, "B", "host");
    assert_constant(config, "C", "host");
    assert_constant(config, "D", "host");
    assert_constant(config, "E", "bool");
    assert_constant(config, "F", "host");
    wpb_config_free(config);
}

static void an_unknown_environment_is_unresolved_not_its_default(void **state)
{
    struct wpb_config *config =
        eval("define('A', getenv('H'));\ndefine('B', getenv('H') ?: 'x');\n"
             "define('C', $_ENV['H'] ?? 'x');\ndefine('D', getenv_docker('H', 'x'));\n"
             "define('E', 'redis-' . env('H'));\ndefine('F', $_SERVER['H'] ?? 'x');");
    (void)state;
    assert_unresolved(config, "A", 2, "getenv('H') is not set in .env or in the pool");
    assert_unresolved(config, "B", 3, "getenv('H') is not set");
    assert_unresolved(config, "C", 4, "$_ENV['H'] is not set");
    assert_unresolved(config, "D", 5, "getenv_docker('H') is not set");
    assert_unresolved(config, "E", 6, "env('H') is not set");
    assert_unresolved(config, "F", 7, "it depends on $_SERVER");
    wpb_config_free(config);
}

static void a_known_environment_lets_defaults_apply(void **state)
{
    struct world world = {.is_environment_known = true};
    struct wpb_config *config =
        eval_in(&world, "define('A', getenv('H') ?: 'x'); define('B', env('H') ?: 'x');\n"
                        "define('C', $_ENV['H'] ?? 'x');\n"
                        "define('D', getenv_docker('H', 'x'));\n"
                        "define('E', isset($_ENV['H']) ? 'y' : 'x');\n"
                        "define('F', $_SERVER['HTTP_HOST'] ?? 'x');");
    (void)state;
    assert_constant(config, "A", "x");
    assert_constant(config, "B", "x");
    assert_constant(config, "C", "x");
    assert_constant(config, "D", "x");
    assert_constant(config, "E", "x");
    assert_unresolved(config, "F", 6, "$_SERVER");
    wpb_config_free(config);
}

static void the_docker_image_reads_secrets_from_files(void **state)
{
    struct world world = {.files = {"/run/secrets/p", "hidden\n"},
                          .environment = {"P_FILE", "/run/secrets/p", "P", "no"}};
    struct wpb_config *config = eval_in(&world, "define('A', getenv_docker('P', 'x'));");
    (void)state;
    assert_constant(config, "A", "hidden");
    wpb_config_free(config);
}

/* --- includes --- */

static void literal_includes_are_followed(void **state)
{
    struct world world = {
        .files = {"/srv/www/a.php", "<?php define('A', __DIR__); return ['x'];",
                  "/srv/b.php", "<?php define('B', __FILE__); $v = 'set';"}};
    struct wpb_config *config =
        eval_in(&world, "require 'a.php'; require_once(__DIR__ . '/../b.php');\n"
                        "include '/none.php'; require_once dirname(__DIR__).'/b.php';\n"
                        "define('C', $v);");
    (void)state;
    assert_no_problem(config);
    assert_constant(config, "A", "/srv/www");
    assert_constant(config, "B", "/srv/b.php");
    assert_constant(config, "C", "set");
    assert_int_equal(world.reads, 2);
    wpb_config_free(config);
}

static void an_include_computed_at_run_time_is_a_problem(void **state)
{
    struct wpb_config *config =
        eval("define('A', 1);\nrequire '/etc/' . $_SERVER['HTTP_HOST'] . '.php';");
    (void)state;
    assert_problem(config, WPB_CONFIG_INCLUDE, 3);
    assert_constant(config, "A", "1");
    wpb_config_free(config);
}

static void a_required_file_that_is_missing_is_a_problem(void **state)
{
    struct wpb_config *config = eval("require '/none.php';");
    (void)state;
    assert_problem(config, WPB_CONFIG_INCLUDE, 2);
    wpb_config_free(config);
}

static void an_include_of_itself_ends(void **state)
{
    struct world world = {
        .files = {"/srv/www/a.php", "<?php include __DIR__ . '/a.php'; define('A', 1);"}};
    struct wpb_config *config = eval_in(&world, "include 'a.php';");
    (void)state;
    assert_problem(config, WPB_CONFIG_INCLUDE, 1);
    assert_constant(config, "A", "1");
    assert_int_equal(world.reads, WPB_CONFIG_INCLUDE_DEPTH_MAX);
    wpb_config_free(config);
}

static void includes_are_counted(void **state)
{
    struct world world = {.files = {"/srv/www/a.php", "<?php "}};
    char body[4096] = "";
    (void)state;
    for (int i = 0; i < 100; i++)
        strcat(body, "include 'a.php';");
    struct wpb_config *config = eval_in(&world, body);
    assert_int_equal(world.reads, WPB_CONFIG_INCLUDE_COUNT_MAX);
    wpb_config_free(config);
}

static void a_return_ends_only_its_file(void **state)
{
    struct world world = {
        .files = {"/srv/www/a.php", "<?php define('A', 1); return; define('A2', 1);"}};
    struct wpb_config *config = eval_in(&world, "include 'a.php'; define('B', 1);");
    (void)state;
    assert_constant(config, "A", "1");
    assert_absent(config, "A2");
    assert_constant(config, "B", "1");
    wpb_config_free(config);
}

static void eval_of_known_code_is_read(void **state)
{
    struct world world = {.environment = {"X", "define('A', 'extra');"}};
    struct wpb_config *config =
        eval_in(&world, "if ($c = getenv_docker('X', '')) { eval($c); } define('B', 1);");
    (void)state;
    assert_no_problem(config);
    assert_constant(config, "A", "extra");
    assert_constant(config, "B", "1");
    wpb_config_free(config);
}

static void eval_of_unknown_code_is_a_problem(void **state)
{
    struct wpb_config *config = eval("eval(getenv('X'));");
    (void)state;
    assert_problem(config, WPB_CONFIG_DYNAMIC, 2);
    wpb_config_free(config);
}

/* --- conditions --- */

static void constant_conditions_are_decided(void **state)
{
    struct wpb_config *config =
        eval("if (false) define('A', 0); elseif (1 > 2) { define('A', 1); }\n"
             "else if (defined('ABSPATH')) define('A', 2); else define('A', 3);\n"
             "if (0): define('E', 1); elseif (1): define('E', 2); endif;\n"
             "switch ('b') { case 'a': define('B', 1); break; case 'b': "
             "define('B', 2);\n"
             " case 'c': define('C', 3); break; default: define('C', 4); }\n"
             "if (file_exists('/none')) { define('D', 1); }");
    (void)state;
    assert_no_problem(config);
    assert_constant(config, "A", "2");
    assert_constant(config, "B", "2");
    assert_constant(config, "C", "3");
    assert_constant(config, "E", "2");
    assert_absent(config, "D");
    wpb_config_free(config);
}

static void branches_that_disagree_are_unresolved(void **state)
{
    struct wpb_config *config =
        eval("if ($_SERVER['HTTP_HOST'] === 'a.example') {\n  define('A', 'one');\n"
             "} else {\n  define('A', 'two');\n}\n$p = 'x_';\n"
             "if ($_GET) $p = 'y_';\n");
    struct wpb_config_value value;
    (void)state;
    assert_unresolved(config, "A", 2, "lines 3 and 5");
    assert_int_equal(wpb_config_variable(config, "p", &value), WPB_CONFIG_IS_UNRESOLVED);
    assert_null(strstr(value.why->reason, "x_"));
    wpb_config_free(config);
}

static void branches_that_agree_are_known(void **state)
{
    struct wpb_config *config =
        eval("if ($_GET) { define('A', 'same'); define('B', 1); } else { "
             "define('A', 'sa' . 'me'); define('B', 1); }\n"
             "$t = 'wp_'; if ($_POST) { $t = 'wp_'; }");
    (void)state;
    assert_constant(config, "A", "same");
    assert_constant(config, "B", "1");
    assert_variable(config, "t", "wp_");
    wpb_config_free(config);
}

static void a_definition_on_one_path_only_is_unresolved(void **state)
{
    struct wpb_config *config = eval("if ($_GET) define('A', 1);\n"
                                     "if ($_GET) define('B', 1);\ndefine('B', 1);\n"
                                     "$_GET && define('C', 1);\ndefine('C', 2);\n");
    (void)state;
    assert_unresolved(config, "A", 2, "condition in line 2");
    assert_constant(config, "B", "1");
    assert_unresolved(config, "C", 5, "lines 5 and 6");
    wpb_config_free(config);
}

static void a_path_that_exits_does_not_count(void **state)
{
    struct wpb_config *config =
        eval("if ($_GET) { define('A', 1); } elseif ($_POST) { define('A', 1); }\n"
             "else { header('x'); define('A', 3); exit(1); }\n"
             "defined('ABSPATH') || exit; $_GET or die('no');");
    (void)state;
    assert_no_problem(config);
    assert_constant(config, "A", "1");
    wpb_config_free(config);
}

static void a_switch_on_the_host_is_ambiguous(void **state)
{
    struct wpb_config *config = eval("switch ($_SERVER['HTTP_HOST']) {\n"
                                     "case 'a': define('A', 1); define('B', 2); break;\n"
                                     "default: define('A', 3); define('B', 2);\n}");
    (void)state;
    assert_no_problem(config);
    assert_unresolved(config, "A", 2, "lines 3 and 4");
    assert_constant(config, "B", "2");
    wpb_config_free(config);
}

static void a_path_that_returns_early_counts(void **state)
{
    struct world world = {
        .files = {"/srv/www/a.php",
                  "<?php $v = 1; if ($_GET) { return; } $v = 2; define('A', 1);"}};
    struct wpb_config *config =
        eval_in(&world, "include 'a.php'; define('V', $v); define('B', 1);");
    (void)state;
    assert_no_problem(config);
    assert_unresolved(config, "V", 1, "different values");
    assert_unresolved(config, "A", 1, "condition in line 1");
    assert_constant(config, "B", "1");
    wpb_config_free(config);
}

static void a_path_that_reaches_wp_settings_early_counts(void **state)
{
    struct wpb_config *config =
        eval("if ($_GET) { define('A', 1); require ABSPATH . 'wp-settings.php'; }\n"
             "define('A', 2); define('B', 1);\nrequire ABSPATH . 'wp-settings.php';");
    (void)state;
    assert_unresolved(config, "A", 2, "lines 2 and 3");
    assert_unresolved(config, "B", 2, "condition");
    wpb_config_free(config);
}

static void loops_over_known_lists_run(void **state)
{
    struct world world = {.environment = {"A", "1", "B", "2"}};
    struct wpb_config *config = eval_in(
        &world, "foreach (['A', 'B', 'C'] as $k) {\n"
                "  if ($k === 'C') continue;\n  define($k, getenv($k));\n}\n"
                "foreach (['X' => 'x'] as $k => $v): define($k, $v); endforeach;\n"
                "foreach ([] as $k) define('N', 1);");
    (void)state;
    assert_no_problem(config);
    assert_constant(config, "A", "1");
    assert_constant(config, "B", "2");
    assert_constant(config, "X", "x");
    assert_absent(config, "C");
    assert_absent(config, "N");
    wpb_config_free(config);
}

static void other_loops_leave_names_unresolved(void **state)
{
    struct wpb_config *config =
        eval("while ($_GET) { define('A', 1); }\n"
             "for ($i = 0; $i < 3; $i++) { define('B', $i); }\n"
             "foreach ($_ENV as $k => $v) { $x = $v; define('C', 1); }\n"
             "do { define('D', 1); } while (false);\ndefine('E', 1);");
    (void)state;
    assert_no_problem(config);
    assert_unresolved(config, "A", 2, "loop");
    assert_unresolved(config, "B", 3, "loop");
    assert_unresolved(config, "C", 4, "loop");
    assert_constant(config, "D", "1");
    assert_constant(config, "E", "1");
    wpb_config_free(config);
}

static void try_runs_its_body(void **state)
{
    struct wpb_config *config =
        eval("try { define('A', 1); $d->load(); } catch (A|B $e) { exit; } finally { "
             "define('F', 1); }\ndefine('B', 1);");
    (void)state;
    assert_no_problem(config);
    assert_constant(config, "A", "1");
    assert_constant(config, "B", "1");
    assert_constant(config, "F", "1");
    wpb_config_free(config);
}

static void unknown_functions_are_unresolved(void **state)
{
    struct wpb_config *config =
        eval("define('A', gethostname());\ndefine('B', $o->x(1)->y);\n"
             "define('C', X::Y);\ndefine('D', `id`);\nparse_str('a=1', $out);\n"
             "define('E', $out);\ndefine('F', match(true) { default => 1 });\n"
             "define('G', UNDEFINED_THING);\n[$a, $b] = [1, 2]; define('H', $a);");
    (void)state;
    assert_no_problem(config);
    for (const char *name = "ABCDEFGH"; *name; name++) {
        struct wpb_config_value value;
        char one[2] = {*name, '\0'};
        assert_int_equal(wpb_config_constant(config, one, &value),
                         WPB_CONFIG_IS_UNRESOLVED);
    }
    wpb_config_free(config);
}

static void a_computed_name_is_a_problem(void **state)
{
    struct wpb_config *config = eval("define('X' . time(), 1);");
    (void)state;
    assert_problem(config, WPB_CONFIG_DYNAMIC, 2);
    wpb_config_free(config);
}

/* --- frameworks --- */

static void roots_config_is_applied(void **state)
{
    struct wpb_config *config =
        eval("use Roots\\WPConfig\\Config;\nuse function Env\\env;\n"
             "Config::define('A', 'one');\nConfig::define('A', 'two');\n"
             "Config::define('CONTENT_DIR', '/app');\n"
             "Config::define('WP_CONTENT_DIR', '/srv' . Config::get('CONTENT_DIR'));\n"
             "Config::define('GONE', 1); Config::remove('GONE');\nConfig::apply();\n"
             "Config::define('LATE', 1);");
    (void)state;
    assert_no_problem(config);
    assert_constant(config, "A", "two");
    assert_constant(config, "WP_CONTENT_DIR", "/srv/app");
    assert_absent(config, "GONE");
    assert_absent(config, "LATE");
    wpb_config_free(config);
}

/* --- errors --- */

static void a_syntax_error_keeps_what_came_before(void **state)
{
    static const char *const broken[] = {
        "define('A', 1);\ndefine('B', 'x';\ndefine('C', 1);",
        "define('A', 1);\ndefine('B' 'x');\n",
        "define('A', 1);\n$x = 'never closed;\n",
        "define('A', 1);\nif (true) { define('B', 1);",
        "define('A', 1);\n$x = ;",
        "define('A', 1);\ndefine('B', 1) define('C', 1);",
        "define('A', 1);\n}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct wpb_config *config = eval(broken[i]);
        assert_problem(config, WPB_CONFIG_SYNTAX, 3);
        assert_constant(config, "A", "1");
        assert_absent(config, "C");
        wpb_config_free(config);
    }
}

static void no_message_holds_a_misplaced_password(void **state)
{
    static const char *const leaks[] = {
        "define('DB_PASSWORD', 'abc's3cret');",
        "define('DB_PASSWORD', s3cret);",
        "define('DB_PASSWORD', \"abc$s3cret\");",
        "define('DB_PASSWORD', \"abc{$s3cret}\");",
        "define('DB_PASSWORD', 's3cret);",
        "if ($_GET) define('DB_PASSWORD', 's3cret'); else define('DB_PASSWORD', 'x');",
        "define('DB_PASSWORD', 's3cret' . $_GET['x']);",
    };
    (void)state;
    for (size_t i = 0; i < sizeof leaks / sizeof leaks[0]; i++) {
        struct wpb_config *config = eval(leaks[i]);
        struct wpb_config_value value;
        size_t count;
        const struct wpb_config_problem *problems = wpb_config_problems(config, &count);
        bool is_unresolved = wpb_config_constant(config, "DB_PASSWORD", &value) ==
                             WPB_CONFIG_IS_UNRESOLVED;
        assert_true(is_unresolved || count > 0);
        if (is_unresolved)
            assert_null(strstr(value.why->reason, "s3cret"));
        for (size_t j = 0; j < count; j++)
            assert_null(strstr(problems[j].what, "s3cret"));
        wpb_config_free(config);
    }
}

static char *repeated(const char *head, const char *part, size_t times, const char *tail)
{
    size_t len = strlen(head), part_len = strlen(part);
    char *text = malloc(len + part_len * times + strlen(tail) + 1);
    assert_non_null(text);
    memcpy(text, head, len);
    for (size_t i = 0; i < times; i++, len += part_len)
        memcpy(text + len, part, part_len);
    strcpy(text + len, tail);
    return text;
}

static void hostile_shapes_end_within_their_budget(void **state)
{
    static const struct {
        const char *head, *part, *tail;
    } shapes[] = {
        {"$a = ", "(", ""},
        {"$a = ", "!", ""},
        {"", "{", ""},
        {"$a = ", "[", ""},
        {"", "if ($x) ", ""},
        {"$a = 1 ", "? 1 : 2 ", ";"},
        {"$a = ", "$b = ", "1;"},
        {"$a = 'x'; ", "$a .= $a;", ""},
        {"$a = []; ", "$a = [$a, $a];", ""},
        {"$a = []; ", "$a[] = 1;", ""},
        {"", "if ($_GET) { $a = 1; ", ""},
        {"", "if ($_GET) { $a = 1; } else { $a = 2; }", ""},
        {"", "switch ($_GET) { case 1: ", ""},
        {"", "foreach ([1,2,3,4,5,6,7,8] as $i) ", "$x = 1;"},
        {"$a = \"", "{$a[\"", "\";"},
        {"$a = 'a' ", ". 'a' ", ";"},
        {"", "function f() {", ""},
        {"", "try { ", ""},
        {"", "$_GET && ", "1;"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        char *body = repeated(shapes[i].head, shapes[i].part, 20000, shapes[i].tail);
        struct wpb_config *config = eval(body);
        wpb_config_free(config);
        free(body);
    }
}

static void a_long_flat_file_is_within_the_budget(void **state)
{
    char *body = repeated("", "define('A', 'x' . 'y');\n", 5000, "define('Z', 1);");
    struct wpb_config *config = eval(body);
    (void)state;
    assert_no_problem(config);
    assert_constant(config, "Z", "1");
    wpb_config_free(config);
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_define_wins),
        cmocka_unit_test(define_is_known_in_any_spelling),
        cmocka_unit_test(the_last_assignment_wins),
        cmocka_unit_test(defined_guards_are_evaluated),
        cmocka_unit_test(names_in_comments_and_strings_define_nothing),
        cmocka_unit_test(what_stands_in_functions_and_classes_is_not_run),
        cmocka_unit_test(wp_settings_is_the_end),
        cmocka_unit_test(pinned_variables_do_not_change),
        cmocka_unit_test(literals),
        cmocka_unit_test(operators_bind_as_in_php),
        cmocka_unit_test(arrays),
        cmocka_unit_test(constants_and_magic_words),
        cmocka_unit_test(string_functions),
        cmocka_unit_test(interpolation),
        cmocka_unit_test(elements_are_set_one_by_one),
        cmocka_unit_test(compound_assignment),
        cmocka_unit_test(the_environment_in_all_its_spellings),
        cmocka_unit_test(an_unknown_environment_is_unresolved_not_its_default),
        cmocka_unit_test(a_known_environment_lets_defaults_apply),
        cmocka_unit_test(the_docker_image_reads_secrets_from_files),
        cmocka_unit_test(literal_includes_are_followed),
        cmocka_unit_test(an_include_computed_at_run_time_is_a_problem),
        cmocka_unit_test(a_required_file_that_is_missing_is_a_problem),
        cmocka_unit_test(an_include_of_itself_ends),
        cmocka_unit_test(includes_are_counted),
        cmocka_unit_test(a_return_ends_only_its_file),
        cmocka_unit_test(eval_of_known_code_is_read),
        cmocka_unit_test(eval_of_unknown_code_is_a_problem),
        cmocka_unit_test(constant_conditions_are_decided),
        cmocka_unit_test(branches_that_disagree_are_unresolved),
        cmocka_unit_test(branches_that_agree_are_known),
        cmocka_unit_test(a_definition_on_one_path_only_is_unresolved),
        cmocka_unit_test(a_path_that_exits_does_not_count),
        cmocka_unit_test(a_switch_on_the_host_is_ambiguous),
        cmocka_unit_test(a_path_that_returns_early_counts),
        cmocka_unit_test(a_path_that_reaches_wp_settings_early_counts),
        cmocka_unit_test(loops_over_known_lists_run),
        cmocka_unit_test(other_loops_leave_names_unresolved),
        cmocka_unit_test(try_runs_its_body),
        cmocka_unit_test(unknown_functions_are_unresolved),
        cmocka_unit_test(a_computed_name_is_a_problem),
        cmocka_unit_test(roots_config_is_applied),
        cmocka_unit_test(a_syntax_error_keeps_what_came_before),
        cmocka_unit_test(no_message_holds_a_misplaced_password),
        cmocka_unit_test(hostile_shapes_end_within_their_budget),
        cmocka_unit_test(a_long_flat_file_is_within_the_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
