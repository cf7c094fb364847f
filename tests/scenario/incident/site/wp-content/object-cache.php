<?php
/**
 * Plugin Name: Redis Object Cache Drop-In
 * Version: 2.6.3
 */
