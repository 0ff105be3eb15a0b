"""绑定: which user of a platform is which person, acting for which enterprise."""
