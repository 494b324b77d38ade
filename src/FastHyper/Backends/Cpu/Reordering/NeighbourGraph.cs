using FastHyper.Backends.Cpu.Common;

namespace FastHyper.Backends.Cpu.Reordering;

/// <summary>
/// Which states are neighbours: one follows the other, by whatever action. Hubs, neighbours of far more states than others are,
/// have none here: an end that all states may come to says nothing about which of them are near each other.
/// </summary>
internal sealed class NeighbourGraph
{
    private const int HubFactor = 64;
    private readonly int[] _begins;
    private readonly int[] _neighbours;

    private NeighbourGraph(int[] begins, int[] neighbours, bool rowsAscend)
    {
        _begins = begins;
        _neighbours = neighbours;
        RowsAscend = rowsAscend;
    }

    public int States => _begins.Length - 1;

    /// <summary>Whether the columns of every row of the transitions ascend.</summary>
    public bool RowsAscend { get; }

    /// <summary>The graph of transitions; null where it has too many edges to be held.</summary>
    public static NeighbourGraph? Create(Transitions transitions, ThreadTeam? team)
    {
        Edges edges = new(transitions, team);
        bool[]? hubs = null;
        int[] degrees = Degrees(edges, hubs);
        long largest = Math.Max(1, HubFactor * Sum(degrees) / degrees.Length);
        if (degrees.Max() > largest)
        {
            hubs = [.. degrees.Select(degree => degree > largest)];
            degrees = Degrees(edges, hubs);
        }

        if (Sum(degrees) > Array.MaxLength) return null;
        int[] begins = new int[degrees.Length + 1];
        for (int s = 0; s < degrees.Length; s++) begins[s + 1] = begins[s] + degrees[s];
        int[] neighbours = new int[begins[^1]], ends = begins[..^1];
        for (int s = 0; s < degrees.Length; s++)
        {
            if (hubs is not null && hubs[s]) continue;
            foreach (int next in edges.From(s))
            {
                if (hubs is not null && hubs[next]) continue;
                neighbours[ends[s]++] = next;
                neighbours[ends[next]++] = s;
            }
        }

        return new NeighbourGraph(begins, neighbours, edges.RowsAscend);
    }

    /// <summary>Neighbours of a state, some of them twice.</summary>
    public ReadOnlySpan<int> Neighbours(int s) => _neighbours.AsSpan(_begins[s], _begins[s + 1] - _begins[s]);

    /// <summary>How many those are.</summary>
    public int Degree(int s) => _begins[s + 1] - _begins[s];

    /// <summary>Half an edge at each end, unless one of them is a hub; two of them where two states follow each other.</summary>
    private static int[] Degrees(Edges edges, bool[]? hubs)
    {
        int[] degrees = new int[edges.States];
        for (int s = 0; s < degrees.Length; s++)
        {
            if (hubs is not null && hubs[s]) continue;
            foreach (int next in edges.From(s))
            {
                if (hubs is not null && hubs[next]) continue;
                degrees[s]++;
                degrees[next]++;
            }
        }

        return degrees;
    }

    private static long Sum(int[] numbers)
    {
        long sum = 0;
        foreach (int number in numbers) sum += number;
        return sum;
    }

    /// <summary>The states that follow each state, in lists of a block of states each.</summary>
    private sealed class Edges
    {
        private const int StatesInBlock = 1024;
        private readonly int[][] _lists;
        private readonly int[] _ends;

        public Edges(Transitions transitions, ThreadTeam? team)
        {
            _lists = new int[(transitions.States + StatesInBlock - 1) / StatesInBlock][];
            _ends = new int[transitions.States];
            Kernel kernel = new() { Edges = this, Transitions = transitions };
            if (team is null) for (int block = 0; block < _lists.Length; block++) kernel.Run(block, 0);
            else team.Run(ref kernel, _lists.Length);
        }

        public int States => _ends.Length;

        public bool RowsAscend { get; private set; } = true;

        public ReadOnlySpan<int> From(int s)
        {
            int begin = s % StatesInBlock == 0 ? 0 : _ends[s - 1];
            return _lists[s / StatesInBlock].AsSpan(begin, _ends[s] - begin);
        }

        private struct Kernel : IBlockKernel
        {
            public Edges Edges;
            public Transitions Transitions;

            public readonly void Run(int block, int worker)
            {
                SuccessorReader reader = new(Transitions);
                int first = block * StatesInBlock, last = Math.Min(first + StatesInBlock, Transitions.States), count = 0;
                int[] list = new int[4 * StatesInBlock];
                for (int s = first; s < last; s++)
                {
                    ReadOnlySpan<int> successors = reader.Read(s);
                    if (list.Length < count + successors.Length) Array.Resize(ref list, 2 * (count + successors.Length));
                    successors.CopyTo(list.AsSpan(count));
                    Edges._ends[s] = count += successors.Length;
                }

                Edges._lists[block] = list;
                // Whichever thread says so.
                if (!reader.RowsAscend) Edges.RowsAscend = false;
            }
        }
    }
}
