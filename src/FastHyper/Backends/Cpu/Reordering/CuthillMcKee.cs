namespace FastHyper.Backends.Cpu.Reordering;

/// <summary>
/// The order of Cuthill and McKee (1969): breadth first from an end of each component, the neighbours of a state by their
/// degrees, and then backwards, as George (1971) has it. Neighbours lie at most two levels apart; of a grid, levels are its
/// diagonals, along each of which neighbours stand at fixed distances.
/// </summary>
internal static class CuthillMcKee
{
    private const byte Unseen = 0;
    private const byte Seen = 1;
    private const byte Placed = 2;

    /// <summary>The state at each position.</summary>
    public static int[] Order(NeighbourGraph graph)
    {
        int[] order = new int[graph.States];
        byte[] marks = new byte[graph.States];
        int begin = 0;
        for (int s = 0; s < marks.Length; s++)
        {
            if (marks[s] != Unseen) continue;
            int end = Walk(graph, order, begin, s, marks, Unseen, out int lastLevel);
            if (end > begin + 1) Walk(graph, order, begin, End(graph, order.AsSpan(lastLevel, end - lastLevel)), marks, Seen, out _);
            else marks[s] = Placed;
            begin = end;
        }

        order.AsSpan().Reverse();
        return order;
    }

    /// <summary>Of the states farthest from where a walk began, the first with the fewest neighbours.</summary>
    private static int End(NeighbourGraph graph, ReadOnlySpan<int> farthest)
    {
        int end = farthest[0];
        foreach (int s in farthest)
            if (graph.Degree(s) < graph.Degree(end)) end = s;
        return end;
    }

    /// <summary>Lists a component breadth first; what is listed gets the next mark. Returns where the list ends.</summary>
    private static int Walk(NeighbourGraph graph, int[] order, int begin, int root, byte[] marks, byte mark, out int lastLevel)
    {
        int end = begin, levelEnd = begin + 1;
        lastLevel = begin;
        order[end++] = root;
        marks[root] = (byte)(mark + 1);
        for (int at = begin; at < end; at++)
        {
            if (at == levelEnd) (lastLevel, levelEnd) = (at, end);
            int first = end;
            foreach (int next in graph.Neighbours(order[at]))
            {
                if (marks[next] != mark) continue;
                marks[next] = (byte)(mark + 1);
                order[end++] = next;
            }

            if (mark == Seen) Arrange(graph, order.AsSpan(first, end - first));
        }

        return end;
    }

    /// <summary>Sorts a few states, or many, by how many neighbours they have.</summary>
    private static void Arrange(NeighbourGraph graph, Span<int> states)
    {
        const int few = 16;
        if (states.Length > few)
        {
            states.Sort((s, t) => graph.Degree(s) == graph.Degree(t) ? s.CompareTo(t) : graph.Degree(s).CompareTo(graph.Degree(t)));
            return;
        }

        for (int i = 1; i < states.Length; i++)
            for (int k = i; k > 0 && graph.Degree(states[k - 1]) > graph.Degree(states[k]); k--)
                (states[k - 1], states[k]) = (states[k], states[k - 1]);
    }
}
