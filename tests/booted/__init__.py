"""A really booted systemd: the built package installed, run, killed, upgraded, rolled back and removed."""
