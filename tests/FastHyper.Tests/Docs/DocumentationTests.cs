using System.Diagnostics;
using System.Text.RegularExpressions;
using FastHyper.Experiments;
using FastHyper.Experiments.Catalogues;
using FastHyper.Tests.Experiments;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Docs;

/// <summary>What the pages say can be done is done here; and where they lead there is something.</summary>
public sealed partial class DocumentationTests : IDisposable
{
    private static readonly string[] s_pages =
        [Repository.Path("README.md"), Repository.Path("src", "README.md"), .. Directory.GetFiles(Repository.Path("docs"), "*.md")];

    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>All blocks of the tutorial, one after the other, in one folder.</summary>
    [Fact]
    public async Task TheTutorialRuns()
    {
        string? python = Environment.GetEnvironmentVariable("FASTHYPER_PYTHON") ?? Pythons().FirstOrDefault(HasNumPy);
        Assert.SkipUnless(python is not null, "no Python with NumPy; expected one on the PATH, or its name in FASTHYPER_PYTHON");
        string tool = Path.Combine(AppContext.BaseDirectory, "FastHyper.Cli.dll");
        List<string> lines = ["set -e", $"fasthyper() {{ dotnet '{tool}' \"$@\"; }}"];
        int blocks = 0;
        foreach (Match block in Block().Matches(File.ReadAllText(Repository.Path("docs", "tutorial.md"))))
        {
            if (block.Groups[1].Value == "bash")
            {
                lines.Add(block.Groups[2].Value);
                continue;
            }

            // One program that grows: later blocks use what earlier ones have made.
            File.AppendAllText(_folder["all.py"], block.Groups[2].Value + "\n");
            File.Copy(_folder["all.py"], _folder[$"{++blocks}.py"]);
            lines.Add($"{python} {blocks}.py");
        }

        Assert.True(blocks >= 5 && lines.Count >= 10);
        File.WriteAllLines(_folder["all.sh"], lines);
        ProcessStartInfo start = new("bash", ["all.sh"])
        {
            WorkingDirectory = _folder["."],
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string error = await errors;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"{output}\n{error}");
    }

    [Fact]
    public void LinksLeadSomewhere()
    {
        int found = 0;
        foreach (string page in s_pages)
        {
            foreach (Match link in Link().Matches(File.ReadAllText(page)))
            {
                string target = link.Groups[1].Value.Split('#')[0];
                if (target.Length == 0 || target.Contains("://", StringComparison.Ordinal)) continue;
                string path = Path.Combine(Path.GetDirectoryName(page)!, target);
                Assert.True(File.Exists(path) || Directory.Exists(path), $"{page}: {target}");
                found++;
            }
        }

        Assert.True(found > 40, $"{found} links");
    }

    [Fact]
    public void TheReadmeIsShort() => Assert.InRange(File.ReadAllLines(Repository.Path("README.md")).Length, 50, 150);

    /// <summary>Estimators and presets are named where the command line and the algorithms are told of.</summary>
    [Fact]
    public void WhatThereIsIsNamed()
    {
        string algorithms = File.ReadAllText(Repository.Path("docs", "algorithms.md"));
        string commands = File.ReadAllText(Repository.Path("docs", "command-line.md"));
        foreach (string estimator in new Catalogue().Estimators.Names)
        {
            Assert.Contains($"`{estimator}`", algorithms, StringComparison.Ordinal);
            Assert.Contains($"`{estimator}`", commands, StringComparison.Ordinal);
        }

        foreach (string column in MetricsRow.Names) Assert.Contains($"`{column}`", commands, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Pythons() =>
        from name in (string[])["python3"]
        from folder in Environment.GetEnvironmentVariable("PATH")!.Split(':').Append("/usr/bin")
        let path = Path.Combine(folder, name)
        where File.Exists(path)
        select path;

    private static bool HasNumPy(string python)
    {
        ProcessStartInfo start = new(python, ["-c", "import numpy"]) { RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    [GeneratedRegex(@"```(python|bash)\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
