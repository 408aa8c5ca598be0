"""How quick waitctx is, on the implementation at hand: what ``waitctx bench`` measures."""
