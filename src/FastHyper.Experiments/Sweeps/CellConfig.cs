using System.Security.Cryptography;
using System.Text;
using FastHyper.Experiments.Configuration;

namespace FastHyper.Experiments.Sweeps;

/// <summary>A cell's configuration, and by what it is the same as another's.</summary>
internal sealed class CellConfig
{
    // How and where something is computed changes none of it, and a problem file is known by its hash.
    private static readonly string[] s_elsewhere = ["backend", "threads", "log"];
    private static readonly string[] s_lanes = ["leader.learning_rate", "training_temperature"];
    private readonly Line[] _lines;

    public CellConfig(string name, RunConfig config, IReadOnlyList<Setting> settings)
    {
        (Name, Config, Settings) = (name, config, settings);
        _lines =
        [
            .. config.LinesOfRun().Where(line =>
                !s_elsewhere.Contains(line.Key) && !(line.Key == "problem" && config.ProblemHash is not null)),
        ];
        Keys = new ReadKeys(_lines.Select(line => line.Key).Concat(s_elsewhere).Append("problem"));
    }

    public string Name { get; }

    public RunConfig Config { get; }

    /// <summary>What the axes set.</summary>
    public IReadOnlyList<Setting> Settings { get; }

    /// <summary>The keys that count.</summary>
    public ReadKeys Keys { get; }

    /// <summary>The hash of all that results depend on.</summary>
    public string Id => Hash(_ => true);

    /// <summary>The hash of all but the seeds.</summary>
    public string WithoutSeeds => Hash(key => key is not ("seed" or "seeds"));

    /// <summary>
    /// The hash of all that cells have in common that run as lanes of one run: they differ in seed, learning rate and training
    /// temperature. Null of a cell that is a grid itself.
    /// </summary>
    public string? Shape
    {
        get
        {
            RunOptions options = Config.Options;
            if (options.LearningRates.Count > 0 || options.TrainingTemperatures.Count > 0 || options.Points.Count > 0) return null;
            bool isDrawn = Config.Catalogue.Problems.IsDrawn(Config.Problem);
            return Hash(key => !s_lanes.Contains(key) && (isDrawn || key != "seed"));
        }
    }

    /// <summary>As a grid point of a run.</summary>
    public GridPoint Point => new((ulong)Config.Options.Seed, Config.Options.LearningRate, Config.Options.TrainingTemperature);

    private string Hash(Func<string, bool> counts) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes(NodeWriter.Write(_lines.Where(line => counts(line.Key))))))[..12];
}
