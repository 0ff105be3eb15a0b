"""Business licences (营业执照): what their pictures say, beside what somebody typed."""
