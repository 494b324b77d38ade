using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace FastHyper.Cli;

/// <summary>The help of a command, with examples of it.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    private static readonly Dictionary<string, string[]> s_examples = new()
    {
        ["fasthyper"] =
        [
            "fasthyper run four-rooms                        lead a preset, and leave a report under runs/",
            "fasthyper config --problem four-rooms > c.yaml  all that can be set of it",
            "fasthyper COMMAND --help                        options and examples of a command",
        ],
        ["run"] =
        [
            "fasthyper run four-rooms --seeds 3 --set leader.learning_rate=0.2",
            "fasthyper run problem.npz --estimator exact --iterations 100 --out runs/mine",
            "fasthyper run four-rooms --set 'grid.learning_rate=[0.05, 0.1, 0.2]' --log tensorboard",
            "fasthyper run --resume runs/mine --iterations 200",
            "fasthyper run c.yaml --out runs/mine --max-time 55m     begin or go on; exit code 75 where there is more to do",
        ],
        ["solve"] = ["fasthyper solve problem.npz --out solution.npz", "fasthyper solve taxi --x x.npy --out solution.npz --json"],
        ["gradient"] =
        [
            "fasthyper gradient problem.npz --out gradient.npz",
            "fasthyper gradient four-rooms --estimator bc-hg --batches 64 --out gradient.npz",
        ],
        ["check-gradient"] = ["fasthyper check-gradient problem.npz --parameters 64"],
        ["fit"] = ["fasthyper fit problem.npz --choices choices.npz"],
        ["convert"] = ["fasthyper convert frozen-lake.json problem.npz --gamma 0.99", "fasthyper convert model.tra problem.npz"],
        ["reproduce"] = ["fasthyper reproduce discrete-toy --quick --out tables"],
        ["sweep"] =
        [
            "fasthyper sweep sweep.yaml --out sweeps/one --workers 4",
            "fasthyper sweep sweep.yaml --out sweeps/one --shard 2/6 --max-time 3h",
            "fasthyper sweep sweep.yaml --out sweeps/one --list",
        ],
        ["collect"] =
        [
            "fasthyper collect sweeps/one --by four_rooms.beta",
            "fasthyper collect sweeps/one sweeps/two --out tables --choose-seeds 4",
        ],
        ["config"] = ["fasthyper config --problem problem.npz --estimator exact > run.yaml", "fasthyper run run.yaml"],
        ["options"] = ["fasthyper options", "fasthyper options bc-hg"],
        ["devices"] = ["fasthyper devices --json"],
    };

    public override int Invoke(ParseResult parseResult)
    {
        int code = help.Invoke(parseResult);
        if (!s_examples.TryGetValue(parseResult.CommandResult.Command.Name, out string[]? examples)) return code;
        parseResult.InvocationConfiguration.Output.WriteLine("Examples:");
        foreach (string example in examples) parseResult.InvocationConfiguration.Output.WriteLine($"  {example}");
        return code;
    }
}
