using FastHyper.Hypergradients.Critics;
using FastHyper.Problems.Worlds;

namespace FastHyper.Bench;

internal sealed partial record CriticBias
{
    public static void Print()
    {
        foreach ((double temperature, double discount) in (ReadOnlySpan<(double, double)>)[(0.05, 0.9)])
        {
            Console.WriteLine(
                $"four-rooms, slip 0.44, temperature {temperature}, discounts {discount}: mean of direct + response at one x");
            FourRooms rooms = Rooms(temperature, discount);
            TextTable table = new("critic", "iterations", "error", "cosine", "noise");
            foreach (bool averaged in (bool[])[false, true])
                Add(
                    table, $"exact, visits {(averaged ? "averaged" : "apart")}", "-",
                    Measure(rooms, new CriticOptions { Kind = CriticKind.Exact }, averaged, 0, 20_000));
            CriticOptions[] critics =
            [
                new() { Step = 0.5 },
                new() { Step = 0.1 },
                new() { Step = 0.02 },
                new() { Kind = CriticKind.TdLambda, TraceDecay = 0.9, Step = 0.5 },
            ];
            foreach (CriticOptions critic in critics)
                foreach (int iterations in (int[])[10, 100, 1000])
                    Add(table, $"{critic.Kind} {critic.Step}", $"{iterations}", Measure(rooms, critic, true, iterations));
            table.Print();
        }
    }

    private static void Add(TextTable table, string critic, string iterations, CriticBias bias) =>
        table.Add(critic, iterations, $"{bias.Error:F3}", $"{bias.Cosine:F3}", $"{bias.Noise:F3}");
}
