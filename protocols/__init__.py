"""The doors. Each package here speaks one standard and has one public function: `setup`."""
