using System.Globalization;
using FastHyper.Experiments;
using Spectre.Console;

namespace FastHyper.Cli;

/// <summary>Shows how far a run has come: live on a terminal, plain lines elsewhere.</summary>
internal static class ProgressDisplay
{
    // Columns that a bar of forty and the share done take, and the narrowest terminal that has room for them and what they are of.
    private const int Bar = 50;
    private const int Wide = 120;

    /// <summary>Does the work with a display of its progress; with <paramref name="json"/> on standard error.</summary>
    public static RunSummary Show(bool json, Func<IProgress<RunProgress>, RunSummary> work)
    {
        TextWriter writer = json ? Console.Error : Console.Out;
        bool live = json ? !Console.IsErrorRedirected : !Console.IsOutputRedirected;
        if (!live) return work(new PlainLines(writer));

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        return console.Progress()
            .AutoClear(true)
            .Columns(console.Profile.Width > Wide
                ? [new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn()]
                : [new TaskDescriptionColumn()])
            .Start(context =>
            {
                ProgressTask task = context.AddTask("starting");
                return work(new Live(task, console));
            });
    }

    private static string Describe(RunProgress p) => string.Create(
        CultureInfo.InvariantCulture,
        $"iteration {p.Iteration}/{p.Iterations}{(p.Activity is null ? "" : $"  {p.Activity}")}{Reached(p)}{Pace(p)}");

    private static string Reached(RunProgress p) =>
        double.IsNaN(p.Objective) ? "" : string.Create(CultureInfo.InvariantCulture, $"  objective {p.Objective:F3}");

    private static string Pace(RunProgress p) => p.Rate > 0
        ? string.Create(CultureInfo.InvariantCulture, $"  {p.Rate:F0} leader iterations/s  {p.Remaining:hh\\:mm\\:ss} left")
        : "";

    private sealed class Live(ProgressTask task, IAnsiConsole console) : IProgress<RunProgress>
    {
        // Above the bar, which other ways of writing would tear.
        private readonly DivergenceLines _diverged = new(line => console.Write(new Text(line + "\n")));

        public void Report(RunProgress value)
        {
            _diverged.Report(value.Diverged);
            task.MaxValue = value.Iterations;
            task.Value = value.Iteration;
            int width = console.Profile.Width;
            task.Description = StatusLine.Fit(Describe(value), width > Wide ? width - Bar : width - 1);
        }
    }

    /// <summary>
    /// A line for every twentieth of the run, so that a log stays short, and now and then within iterations that take long.
    /// </summary>
    private sealed class PlainLines(TextWriter writer) : IProgress<RunProgress>
    {
        private readonly DivergenceLines _diverged = new(CommandHost.Complain);
        private long _next;

        public void Report(RunProgress value)
        {
            _diverged.Report(value.Diverged);
            if (value.Activity is null && value.Iteration < _next) return;
            writer.WriteLine(Describe(value));
            if (value.Activity is not null) return;
            _next = value.Iteration + Math.Max(1, value.Iterations / 20);
        }
    }
}
