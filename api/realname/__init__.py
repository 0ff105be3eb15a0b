"""实名认证: who a person is, as a provider outside has confirmed it (seed, section 三)."""
