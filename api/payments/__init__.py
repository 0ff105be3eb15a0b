"""支付: an order for what an application costs, paid at a provider, given back when nothing comes of it."""
