using System.Globalization;
using FastHyper.Experiments.Configuration;

namespace FastHyper.Tests.Experiments.Configuration;

public enum Method { BcHg, HyperGrad, PlainAC }

public sealed record Schedule(string Name, double Start) : IParsable<Schedule>
{
    public static Schedule Parse(string s, IFormatProvider? provider)
    {
        if (double.TryParse(s, CultureInfo.InvariantCulture, out double constant))
            return new Schedule("constant", constant);
        return s.StartsWith("geometric(", StringComparison.Ordinal) && s.EndsWith(')')
            ? new Schedule("geometric", double.Parse(s[10..^1].Split(',')[0], provider))
            : throw new FormatException("not a schedule");
    }

    public static bool TryParse(string? s, IFormatProvider? provider, out Schedule result) => throw new NotSupportedException();

    public override string ToString() => Name == "constant"
        ? Start.ToString("R", CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"geometric({Start:R}, 0.005, 3000)");
}

public sealed class Budget
{
    public long Steps { get; set; }

    public static Budget Parse(string text) => new() { Steps = long.Parse(text.TrimEnd('k'), CultureInfo.InvariantCulture) * 1000 };

    public override string ToString() => $"{Steps / 1000}k";
}

public class InnerOptions
{
    [Range(Min = 0, ExclusiveMin = true)]
    public double LearningRate { get; init; } = 0.1;

    public Method Method { get; init; } = Method.BcHg;

    public Method? Fallback { get; init; }
}

public sealed class SampleOptions
{
    public string Name { get; init; } = "run";

    public string? Note { get; init; }

    public bool Verbose { get; set; }

    [Range(Min = 1, Max = 64)]
    public int Threads { get; set; } = 1;

    public long Seed { get; set; }

    [Range(Min = 0, Max = 1, ExclusiveMax = true)]
    public double? Discount { get; set; }

    public InnerOptions Inner { get; set; } = new() { LearningRate = 0.5 };

    public InnerOptions? Outer { get; set; }

    public Schedule StepSize { get; set; } = new("constant", 0.1);

    public Schedule[] Schedules { get; set; } = [];

    public Budget Budget { get; set; } = new() { Steps = 1000 };

    [Range(Min = 0)]
    public int[] Sizes { get; set; } = [1, 2];

    public List<double> Rates { get; set; } = [];

    public IReadOnlyList<string> Tags { get; set; } = [];

    public Method[] Methods { get; set; } = [];

    [ItemLength(2)]
    public int[][] Cells { get; set; } = [[1, 9], [11, 11]];

    public Dictionary<string, double> Weights { get; set; } = new() { ["entropy"] = 0.01 };

    public List<InnerOptions> Stages { get; set; } = [];

    public int Computed => Threads * 2;
}
