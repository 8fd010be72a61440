//! The contract, and what is true of a coordinator through Redis alone.

use super::testing::Nodes;

mod one_node {
    use super::Nodes;
    use crate::coordinator::contract;

    contract::all!(Nodes::of(1).await);
}

mod two_nodes {
    use super::Nodes;
    use crate::coordinator::contract;

    contract::all!(Nodes::of(2).await);
}
