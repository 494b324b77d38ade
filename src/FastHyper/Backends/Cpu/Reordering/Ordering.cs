using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.SlicedEll;

namespace FastHyper.Backends.Cpu.Reordering;

/// <summary>
/// Whether states had better stand in another order, and in which. What a gather of V costs goes by the lines of memory that
/// the successors of a slice lie in: half a line a state on a grid in its natural order, four on the same grid with its states
/// shuffled. Then, before anything is reordered, whether an order can help: from some states it is looked at how many others can be
/// reached. On grids, of three dimensions too, those that have just been reached are few beside those passed
/// through; where successors are random they are most of them, and no order brings them together.
/// </summary>
internal static class Ordering
{
    // V of fewer states stays near the processor wherever its numbers lie, and a solve is over in milliseconds.
    private const int FewestStates = 1 << 14;
    private const int EntriesInSample = 1 << 15;
    private const int FewestSlices = 4;
    private const int MostSlices = 32;
    private const int LineLength = 8;
    private const double LinesToKeep = 2;
    private const double LinesToGain = 0.5;
    private const int Walks = 4;
    private const int StatesInWalk = 4096;
    private const double ShareOfBorder = 1.0 / 3;

    /// <summary>The order that states are to take; null for their own.</summary>
    public static StateOrder? Choose(Transitions transitions, StateReordering reordering, ThreadTeam? team)
    {
        if (reordering == StateReordering.Never) return null;
        bool always = reordering == StateReordering.Always;
        double lines = 0;
        if (!always)
        {
            if (transitions.States < FewestStates) return null;
            lines = Lines(transitions, null);
            if (lines <= LinesToKeep || !IsLocal(transitions)) return null;
        }

        if (NeighbourGraph.Create(transitions, team) is not NeighbourGraph graph) return null;
        StateOrder order = new(CuthillMcKee.Order(graph), graph.RowsAscend);
        return always || Lines(transitions, order) <= LinesToGain * lines ? order : null;
    }

    /// <summary>Lines of memory that what follows a slice's states lies in, for each of its states; the mean over some slices.</summary>
    public static double Lines(Transitions transitions, StateOrder? order)
    {
        SuccessorReader reader = new(transitions);
        HashSet<int> lines = [];
        int slices = (transitions.States + SlicedMatrix.Height - 1) / SlicedMatrix.Height, states = 0;
        long found = 0;
        long entriesOfSlice = (long)SlicedMatrix.Height * transitions.Actions * Math.Max(1, transitions.LongestRow);
        int step = Math.Max(1, slices / (int)Math.Clamp(EntriesInSample / entriesOfSlice, FewestSlices, MostSlices));
        for (int slice = step / 2; slice < slices; slice += step)
        {
            lines.Clear();
            int first = slice * SlicedMatrix.Height, last = Math.Min(first + SlicedMatrix.Height, transitions.States);
            for (int p = first; p < last; p++, states++)
                foreach (int next in reader.Read(order is null ? p : order.States[p]))
                    lines.Add((order is null ? next : order.Positions[next]) / LineLength);
            found += lines.Count;
        }

        return (double)found / states;
    }

    /// <summary>Whether few states are at the border of what can be reached from some states.</summary>
    public static bool IsLocal(Transitions transitions)
    {
        SuccessorReader reader = new(transitions);
        HashSet<int> reached = [];
        List<int> list = [];
        long border = 0, all = 0;
        for (int walk = 0; walk < Walks; walk++)
        {
            int root = (int)((((2L * walk) + 1) * transitions.States) / (2 * Walks));
            reached.Clear();
            list.Clear();
            reached.Add(root);
            list.Add(root);
            int at = 0;
            for (; at < list.Count && list.Count < StatesInWalk; at++)
                foreach (int next in reader.Read(list[at]))
                    if (reached.Add(next)) list.Add(next);
            border += list.Count - at;
            all += list.Count;
        }

        return border <= ShareOfBorder * all;
    }
}
