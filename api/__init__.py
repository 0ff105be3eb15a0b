"""The service itself: who asks, what may happen, and at which address."""
