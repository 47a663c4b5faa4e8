// size is that of a node of the graph, in px at 100 %: the layout keeps it free, and the drawing fills it.
export const size = { width: 184, height: 46 };
