//! Circles in a graph of imports.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::reading::Import;

/// Who imports whom, and by which names.
type Graph = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// The circles between files and then those between rooms, each told as `a (what b takes) <- b (what a takes) <- a`.
pub fn all(imports: &[Import]) -> Vec<String> {
    let mut files = Graph::new();
    let mut rooms = BTreeMap::<&[String], Graph>::new();
    for import in imports {
        let (from, to) = (&import.from.module, &import.to.module);
        if !to.starts_with(from) {
            edge(&mut files, &import.from.path, &import.to.path, &import.name);
        }
        let shared = from.iter().zip(to).take_while(|(from, to)| from == to).count();
        if shared < from.len() && shared < to.len() {
            let room = |module: &[String]| module[..=shared].join("/");
            edge(rooms.entry(&from[..shared]).or_default(), &room(from), &room(to), &import.name);
        }
    }
    let mut found = circles(&files);
    // Two files beside each other are a circle of rooms as well: said once.
    let known: Vec<String> = found.iter().map(|circle| circle.replace(".rs", "")).collect();
    found.extend(rooms.values().flat_map(circles).filter(|circle| !known.contains(circle)));
    found
}

fn edge(graph: &mut Graph, from: &str, to: &str, name: &str) {
    graph.entry(from.into()).or_default().entry(to.into()).or_default().insert(name.into());
}

/// A shortest circle through each node that is on one, every circle once.
fn circles(graph: &Graph) -> Vec<String> {
    let mut told = BTreeSet::new();
    graph
        .keys()
        .filter_map(|node| circle(graph, node))
        .filter(|nodes| told.insert(nodes.iter().cloned().collect::<BTreeSet<_>>()))
        .map(|nodes| tell(graph, &nodes))
        .collect()
}

/// The nodes of a shortest way from `start` back to it, in the order of imports.
fn circle(graph: &Graph, start: &str) -> Option<Vec<String>> {
    let mut came = BTreeMap::<&str, &str>::new();
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for next in graph.get(node).into_iter().flat_map(BTreeMap::keys) {
            if next == start {
                let mut way = vec![node.to_owned()];
                while way[way.len() - 1] != start {
                    way.push(came[way[way.len() - 1].as_str()].to_owned());
                }
                way.reverse();
                return Some(way);
            }
            if !came.contains_key(next.as_str()) {
                came.insert(next, node);
                queue.push_back(next);
            }
        }
    }
    None
}

fn tell(graph: &Graph, nodes: &[String]) -> String {
    let mut text = String::new();
    // From whoever is taken from to whoever takes.
    let mut order: Vec<&String> = nodes.iter().collect();
    order[1..].reverse();
    for (place, taken) in order.iter().enumerate() {
        let taker = order[(place + 1) % order.len()];
        let names: Vec<&str> = graph[taker][*taken].iter().map(String::as_str).collect();
        text += &format!("{taken} ({}) <- ", names.join(", "));
    }
    text + order[0]
}
