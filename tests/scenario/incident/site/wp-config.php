<?php
/** The shop of tests/scenario/incident.sh, which fills in @SOCKET@. */
define( 'DB_NAME', 'shop' );
define( 'DB_USER', 'shop' );
define( 'DB_PASSWORD', 'p\'w$rd-that-must-not-be-printed' );
define( 'DB_HOST', 'localhost' );

define( 'WP_REDIS_SCHEME', 'unix' );
define( 'WP_REDIS_PATH', '@SOCKET@' );
define( 'WP_REDIS_DATABASE', 1 );
# define( 'WP_REDIS_PREFIX', 'old:' );
define( 'WP_REDIS_PREFIX', 'q7:' . 'prod_' );
/* More than the distribution's php.ini gives. */
define( 'WP_MEMORY_LIMIT', '192M' );

$table_prefix = 'kx_';

if ( ! defined( 'ABSPATH' ) ) {
	define( 'ABSPATH', __DIR__ . '/' );
}
require_once ABSPATH . 'wp-settings.php';
