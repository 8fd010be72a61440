//! What the agent did and the server does not know yet.
