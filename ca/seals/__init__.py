"""The pictures of electronic seals, drawn at true size.

picture = draw_seal(SealDesign(SealKind.ENTERPRISE, "临沂某某建设有限公司", "3713250012345"))
"""
