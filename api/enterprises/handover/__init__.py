"""移交管理员: the administrator offers, with a letter stamped by the enterprise; a member takes over."""
