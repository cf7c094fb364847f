-- The tables of WooCommerce (10.0) and Action Scheduler (3.9) that probes read, for
-- tests; see wordpress_schema.sql. {session_key}: the index that 10.0 does not have.
SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION';
CREATE TABLE `{schema}`.`{prefix}woocommerce_sessions` (
  session_id bigint(20) unsigned NOT NULL auto_increment,
  session_key char(32) NOT NULL,
  session_value longtext NOT NULL,
  session_expiry bigint(20) unsigned NOT NULL,
  PRIMARY KEY (session_id),
  UNIQUE KEY session_key (session_key)
  {session_key}
) ENGINE=InnoDB CHARACTER SET {charset};
CREATE TABLE `{schema}`.`{prefix}actionscheduler_actions` (
  action_id bigint(20) unsigned NOT NULL auto_increment,
  hook varchar(191) NOT NULL,
  status varchar(20) NOT NULL,
  scheduled_date_gmt datetime NULL default '0000-00-00 00:00:00',
  scheduled_date_local datetime NULL default '0000-00-00 00:00:00',
  priority tinyint unsigned NOT NULL default '10',
  args varchar(191),
  schedule longtext,
  group_id bigint(20) unsigned NOT NULL default '0',
  attempts int(11) NOT NULL default '0',
  last_attempt_gmt datetime NULL default '0000-00-00 00:00:00',
  last_attempt_local datetime NULL default '0000-00-00 00:00:00',
  claim_id bigint(20) unsigned NOT NULL default '0',
  extended_args varchar(8000) DEFAULT NULL,
  PRIMARY KEY (action_id),
  KEY hook_status_scheduled_date_gmt (hook(163),status,scheduled_date_gmt),
  KEY status_scheduled_date_gmt (status,scheduled_date_gmt),
  KEY scheduled_date_gmt (scheduled_date_gmt),
  KEY args (args),
  KEY group_id (group_id),
  KEY last_attempt_gmt (last_attempt_gmt),
  KEY claim_id_status_priority_scheduled_date_gmt
    (claim_id,status,priority,scheduled_date_gmt)
) ENGINE=InnoDB CHARACTER SET {charset};
CREATE TABLE `{schema}`.`{prefix}actionscheduler_logs` (
  log_id bigint(20) unsigned NOT NULL auto_increment,
  action_id bigint(20) unsigned NOT NULL,
  message text NOT NULL,
  log_date_gmt datetime NULL default '0000-00-00 00:00:00',
  log_date_local datetime NULL default '0000-00-00 00:00:00',
  PRIMARY KEY (log_id),
  KEY action_id (action_id),
  KEY log_date_gmt (log_date_gmt)
) ENGINE=InnoDB CHARACTER SET {charset};
CREATE TABLE `{schema}`.`{prefix}wc_product_meta_lookup` (
  product_id bigint(20) NOT NULL,
  sku varchar(100) NULL default '',
  global_unique_id varchar(100) NULL default '',
  `virtual` tinyint(1) NULL default 0,
  downloadable tinyint(1) NULL default 0,
  min_price decimal(19,4) NULL default NULL,
  max_price decimal(19,4) NULL default NULL,
  onsale tinyint(1) NULL default 0,
  stock_quantity double NULL default NULL,
  stock_status varchar(100) NULL default 'instock',
  rating_count bigint(20) NULL default 0,
  average_rating decimal(3,2) NULL default 0.00,
  total_sales bigint(20) NULL default 0,
  tax_status varchar(100) NULL default 'taxable',
  tax_class varchar(100) NULL default '',
  PRIMARY KEY (product_id),
  KEY `virtual` (`virtual`),
  KEY downloadable (downloadable),
  KEY stock_status (stock_status),
  KEY stock_quantity (stock_quantity),
  KEY onsale (onsale),
  KEY min_max_price (min_price,max_price),
  KEY sku (sku(50))
) ENGINE=InnoDB CHARACTER SET {charset};
SET SESSION sql_mode = DEFAULT;
