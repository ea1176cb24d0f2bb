//! How deep is what came out? The memo lets a pickle of a few bytes name one
//! list a thousand times, or put a list into itself: so each container is
//! measured once, and the walk ends at the first one too deep.
//!
//! Twin: `c_compare/protocols/pickle/depth.c`.

use super::{Id, MOST_NESTED, Node, Refused};

const UNKNOWN: usize = 0;
const OPEN: usize = usize::MAX;

pub(super) fn check(nodes: &[Node], root: Id) -> Result<(), Refused> {
    let mut heights = vec![UNKNOWN; nodes.len()];
    height_of(nodes, root, 0, &mut heights).map(|_| ())
}

/// How many containers are nested from `id` on, where it lies in `above`
/// others. It calls itself at most `MOST_NESTED` deep.
fn height_of(
    nodes: &[Node],
    id: Id,
    above: usize,
    heights: &mut [usize],
) -> Result<usize, Refused> {
    let elements: &mut dyn Iterator<Item = Id> = match &nodes[id] {
        Node::List(elements) | Node::Tuple(elements) => {
            &mut elements.iter().copied()
        }
        Node::Dict(pairs) => &mut pairs.iter().map(|pair| pair.1),
        _ => return Ok(0),
    };
    if heights[id] == OPEN {
        return Err(Refused::Cycle);
    }
    if heights[id] == UNKNOWN {
        if above == MOST_NESTED {
            return Err(Refused::Depth);
        }
        heights[id] = OPEN;
        let mut tallest = 0;
        for element in elements {
            let height = height_of(nodes, element, above + 1, heights)?;
            tallest = tallest.max(height);
        }
        heights[id] = tallest + 1;
    }
    if above + heights[id] > MOST_NESTED {
        return Err(Refused::Depth);
    }
    Ok(heights[id])
}
