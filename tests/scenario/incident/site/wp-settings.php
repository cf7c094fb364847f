<?php
// The tests serve no page.
