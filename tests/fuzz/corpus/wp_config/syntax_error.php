<?php
define('A', 1);
define('DB_PASSWORD', 'abc'def');
