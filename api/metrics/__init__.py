"""What Prometheus reads: counts and durations of this process, and the state of the installation."""
