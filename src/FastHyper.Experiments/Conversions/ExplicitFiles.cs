using System.Globalization;

namespace FastHyper.Experiments.Conversions;

/// <summary>
/// The explicit files of PRISM and Storm: NAME.tra, and beside it NAME.lab with the label init, and rewards of states and transitions,
/// NAME.srew and NAME.trew, or as Storm calls them NAME.rew and NAME.trans.rew. Markov chains have one action.
/// </summary>
internal static class ExplicitFiles
{
    private const int Most = 100_000_000;

    public static TabularMdp Read(string path)
    {
        string name = path[..^".tra".Length];
        List<(string[] Words, int Line)> lines = Lines(path);
        if (lines.Count == 0) throw new InvalidInputException($"{OneLine.Path(path)}: empty; expected transitions");
        string[] head = lines[0].Words;
        bool isChain = head is ["dtmc"] or [_, _], counted = head is [_, _] or [_, _, _];
        if (head is not (["dtmc"] or ["mdp"]) && !counted)
            throw Refuse(path, lines[0], "dtmc or mdp, or the numbers of states, of choices of an MDP, and of transitions");
        (int Source, int Choice, int Next, double P)[] entries = [.. lines.Skip(1).Select(line => Entry(path, line, isChain))];
        int states = entries.Select(entry => Math.Max(entry.Source, entry.Next)).DefaultIfEmpty(-1).Max() + 1;
        if (counted) states = Math.Max(states, Index(path, lines[0], 0, Most));
        int[] choices = new int[states];
        foreach (var entry in entries) choices[entry.Source] = Math.Max(choices[entry.Source], entry.Choice + 1);
        int actions = choices.DefaultIfEmpty(0).Max();
        if (actions == 0 || (long)states * actions > Most)
            throw new InvalidInputException(
                $"{OneLine.Path(path)}: {states} states and {actions} choices; expected some, and at most {Most} of both together");
        TabularMdp mdp = new(states, actions);
        foreach (var entry in entries) mdp.Add((entry.Source * actions) + entry.Choice, entry.Next, entry.P);
        mdp.RequireDistributions(orEmpty: true);
        ReadRewards(mdp, name, isChain);
        Repeat(mdp, choices);
        if (File.Exists(name + ".lab")) mdp.Initial = ReadStart(name + ".lab", states);
        mdp.EndInAbsorbingStates();
        return mdp;
    }

    /// <summary>Writes NAME.tra, NAME.lab and NAME.trew, or without the last where all rewards are zero.</summary>
    public static void Write(TabularMdp mdp, string path)
    {
        string name = path[..^".tra".Length];
        int entries = Enumerable.Range(0, mdp.Reward.Length).Sum(row => mdp.Row(row).Count);
        bool isChain = mdp.Actions == 1;
        string head = isChain ? $"{mdp.States} {entries}" : $"{mdp.States} {mdp.Reward.Length} {entries}";
        Replace(path, [head, .. Each((row, next, p) => p)]);
        double[] initial = mdp.Initial ?? [.. Enumerable.Repeat(1.0 / mdp.States, mdp.States)];
        int[] starts = [.. Enumerable.Range(0, mdp.States).Where(s => initial[s] > 0)];
        if (starts.Any(s => Math.Abs(initial[s] - (1.0 / starts.Length)) > 1e-12))
            mdp.Notices.Add("the start is uniform over the states that have the label init: labels have no probabilities");
        Replace(name + ".lab", ["0=\"init\" 1=\"deadlock\"", .. starts.Select(s => $"{s}: 0")]);
        if (mdp.Reward.Any(reward => reward != 0)) Replace(name + ".trew", [head, .. Each((row, next, p) => mdp.Reward[row])]);

        IEnumerable<string> Each(Func<int, int, double, double> number)
        {
            for (int row = 0; row < mdp.Reward.Length; row++)
            {
                string from = isChain ? $"{row}" : $"{row / mdp.Actions} {row % mdp.Actions}";
                foreach ((int next, double p) in mdp.Row(row))
                    yield return string.Create(CultureInfo.InvariantCulture, $"{from} {next} {number(row, next, p):R}");
            }
        }
    }

    private static void ReadRewards(TabularMdp mdp, string name, bool isChain)
    {
        foreach (string path in (string[])[name + ".srew", name + ".rew"])
        {
            if (!File.Exists(path)) continue;
            bool isFirst = path.EndsWith(".srew", StringComparison.Ordinal);
            foreach (var line in Lines(path))
            {
                // The first line of PRISM's counts; Storm's has none.
                if (isFirst)
                {
                    isFirst = false;
                    continue;
                }

                if (line.Words.Length != 2) throw Refuse(path, line, "a state and its reward");
                int s = Index(path, line, 0, mdp.States);
                for (int a = 0; a < mdp.Actions; a++) mdp.Reward[(s * mdp.Actions) + a] += Number(path, line, 1);
            }
        }

        foreach (string path in (string[])[name + ".trew", name + ".trans.rew"])
        {
            if (!File.Exists(path)) continue;
            foreach (var line in Lines(path).Skip(path.EndsWith(".trew", StringComparison.Ordinal) ? 1 : 0))
            {
                (int source, int choice, int next, double reward) = Entry(path, line, isChain);
                if (source >= mdp.States || choice >= mdp.Actions) throw Refuse(path, line, "a transition that is there");
                int row = (source * mdp.Actions) + choice;
                mdp.Reward[row] += mdp.Row(row).GetValueOrDefault(next) * reward;
            }
        }
    }

    /// <summary>States of fewer choices have their last one again, as there are as many actions in each state.</summary>
    private static void Repeat(TabularMdp mdp, int[] choices)
    {
        int repeated = 0, bare = 0;
        for (int s = 0; s < mdp.States; s++)
        {
            if (choices[s] == 0) bare++;
            else if (choices[s] < mdp.Actions) repeated++;
            for (int a = choices[s]; a < mdp.Actions && choices[s] > 0; a++)
            {
                int from = (s * mdp.Actions) + choices[s] - 1, to = (s * mdp.Actions) + a;
                foreach ((int next, double p) in mdp.Row(from)) mdp.Add(to, next, p);
                mdp.Reward[to] = mdp.Reward[from];
            }
        }

        if (repeated > 0) mdp.Notices.Add(
            $"{repeated} states of fewer than {mdp.Actions} choices have their last one again, which counts in soft values");
        if (bare > 0) mdp.Notices.Add($"{bare} states without choices end the episode");
    }

    private static double[]? ReadStart(string path, int states)
    {
        List<(string[] Words, int Line)> lines = Lines(path);
        HashSet<string> init = ["init"];
        List<int> starts = [];
        bool declares = false;
        foreach (var line in lines)
        {
            string[] words = line.Words;
            if (words[0].Contains('=', StringComparison.Ordinal))
            {
                // 0="init" 1="deadlock"
                foreach (string[] pair in words.Select(word => word.Split('=')))
                    if (pair is [string number, "\"init\""]) init.Add(number);
            }
            else if (words[0].StartsWith("#DECLARATION", StringComparison.Ordinal)) declares = true;
            else if (words[0].StartsWith("#END", StringComparison.Ordinal)) declares = false;
            else if (!declares && words.Skip(1).Any(init.Contains)) starts.Add(Index(path, (words, line.Line), 0, states));
        }

        if (starts.Count == 0) return null;
        double[] initial = new double[states];
        foreach (int s in starts) initial[s] = 1.0 / starts.Count;
        return initial;
    }

    private static (int Source, int Choice, int Next, double Number) Entry(string path, (string[] Words, int Line) line, bool isChain)
    {
        int first = isChain ? 3 : 4;
        if (line.Words.Length < first || line.Words.Length > first + 1)
            throw Refuse(path, line, isChain ? "state, next state and a number" : "state, choice, next state and a number");
        return (
            Index(path, line, 0, Most), isChain ? 0
                : Index(path, line, 1, Most), Index(path, line, first - 2, Most), Number(path, line, first - 1));
    }

    private static List<(string[] Words, int Line)> Lines(string path)
    {
        bool isLabels = path.EndsWith(".lab", StringComparison.Ordinal);
        List<(string[] Words, int Line)> lines = [];
        int number = 0;
        foreach (string line in File.ReadLines(path))
        {
            number++;
            string[] words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 0 && (isLabels || words[0][0] != '#')) lines.Add((words, number));
        }

        return lines;
    }

    private static int Index(string path, (string[] Words, int Line) line, int at, int below) =>
        int.TryParse(line.Words[at].TrimEnd(':'), NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < below
        ? index
        : throw Refuse(path, line, $"a number from 0 to {below - 1} as word {at + 1}");

    private static double Number(string path, (string[] Words, int Line) line, int at) =>
        double.TryParse(line.Words[at], NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
        ? value
        : throw Refuse(path, line, $"a finite number as word {at + 1}");

    private static InvalidInputException Refuse(string path, (string[] Words, int Line) line, string expected) =>
        new($"{OneLine.Path(path)}: line {line.Line}: '{OneLine.Value(string.Join(" ", line.Words))}'; expected {expected}");

    private static void Replace(string path, IEnumerable<string> lines) =>
        Files.FileStore.Disk.Replace(path, string.Join('\n', lines) + "\n");
}
