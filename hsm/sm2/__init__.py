"""SM2 keys in tokens (GB/T 32918.2, GM/T 0009).

PKCS#11 has no numbers for SM2, so every vendor took some of its own (CKM_VENDOR_DEFINED). ``table`` reads
them from configuration, ``curve`` knows what is hashed before a signature, ``keys`` and ``store`` sign.

    config = TokenConfig(module, label="sm2", sm2=read_table(Path("sm2.toml")))
    key = Sm2Keys(Token.open(config, pin)).open("seal-maker")
    signature = key.sign(b"what is signed")              # DER of r and s; SM3 and the signer's Z inside
"""
