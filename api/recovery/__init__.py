"""密钥恢复: an encryption key whose PIN is lost comes back by the word of two operators."""
