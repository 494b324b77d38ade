using System.CommandLine;
using FastHyper.Cli;

RootCommand root = new("FastHyper: bi-level reinforcement learning at speed.")
{
    RunCommand.Create(),
    SolveCommand.Create(),
    GradientCommand.Create(),
    CheckGradientCommand.Create(),
    ReproduceCommand.Create(),
    DevicesCommand.Create(),
};
return CommandHost.Invoke(root, args);
