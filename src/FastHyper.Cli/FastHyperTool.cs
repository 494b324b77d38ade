using System.CommandLine;
using System.CommandLine.Help;
using FastHyper.Experiments;
using FastHyper.Experiments.Catalogues;

namespace FastHyper.Cli;

/// <summary>The command line over a catalogue: <c>run</c>, <c>solve</c>, <c>gradient</c>, <c>check-gradient</c> and the rest.</summary>
public static class FastHyperTool
{
    /// <summary>Runs a command line.</summary>
    /// <param name="args">The arguments, as a program has them.</param>
    /// <param name="catalogue">What can be chosen; null for what FastHyper has.</param>
    /// <returns>The exit code: 0 done, 1 failed, 2 bad usage or input, 75 stopped by a queue.</returns>
    public static int Main(string[] args, Catalogue? catalogue = null)
    {
        ArgumentNullException.ThrowIfNull(args);
        Catalogue known = catalogue ?? new Catalogue();
        Command root = new("fasthyper", "FastHyper: bi-level reinforcement learning at speed.")
        {
            RunCommand.Create(known),
            SolveCommand.Create(known),
            GradientCommand.Create(known),
            CheckGradientCommand.Create(known),
            FitCommand.Create(known),
            ConvertCommand.Create(),
            SweepCommand.Create(known),
            CollectCommand.Create(),
            ReproduceCommand.Create(),
            ConfigCommand.Create(known),
            OptionsCommand.Create(known),
            DevicesCommand.Create(),
            new HelpOption { Action = new HelpWithExamples(new HelpAction()) },
            new VersionOption(),
        };
        return CommandHost.Invoke(root, args);
    }

    /// <summary>
    /// Runs what was set up in code as <c>run</c> does: in a folder, with progress, and until Ctrl-C. A folder that has a run of the same
    /// setup is gone on with.
    /// </summary>
    /// <param name="setup">What to run.</param>
    /// <param name="folder">The run's folder.</param>
    /// <returns>The exit code: 0 done, 1 failed or stopped, 2 bad input, 75 stopped by a queue.</returns>
    public static int Run(RunSetup setup, string folder) => CommandHost.Guard(() =>
    {
        using StopSignal stop = new(RunCommand.Ending, requeues: true);
        using Run run = Experiments.Run.Open(setup, folder, CommandHost.Complain);
        return RunCommand.Execute(run, stop, json: false);
    });
}
