"""审计日志: auditors search the journal and take it away."""
