using FastHyper.Experiments;
using FastHyper.Experiments.Catalogues;
using FastHyper.Tests.Experiments;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Cli;

[Collection(Host.Alone)]
public sealed class ConfigCommandTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public static TheoryData<string> Problems => [.. new Catalogue().Problems.Names, .. ConfigFile.Presets];

    public void Dispose() => _folder.Dispose();

    /// <summary>Whatever goes together: what is printed reads back as what was meant, and every key has its meaning above it.</summary>
    [Theory, MemberData(nameof(Problems))]
    public void WhatIsPrintedIsAConfiguration(string problem)
    {
        string path = _folder["c.yaml"];
        foreach (string estimator in new Catalogue().Estimators.Names)
        {
            RunConfig config;
            try
            {
                config = ConfigFile.Resolve(problem, [$"estimator.name={estimator}"]);
                config.ToYaml();
            }
            catch (InvalidInputException)
            {
                continue;
            }

            string text = config.ToCommentedYaml();
            File.WriteAllText(path, text);
            Assert.Equal(config.ToYaml(), ConfigFile.Load(path, []).ToYaml());

            string[] lines = [.. text.Split('\n').SkipLast(1)];
            for (int i = 0; i < lines.Length; i++)
            {
                bool isKey = !lines[i].TrimStart().StartsWith('#') && !lines[i].EndsWith(':');
                if (!isKey) continue;
                Assert.StartsWith("#", lines[i - 2].TrimStart());
                Assert.Matches("^ *# .*; default .*[.]$", lines[i - 1]);
            }
        }
    }

    [Fact]
    public void RunTakesWhatIsPrinted()
    {
        CliResult printed = Host.Run("config", "--problem", "random", "--estimator", "exact", "--set", "iterations=2", "--set", "seeds=1");
        Assert.Equal(0, printed.ExitCode);
        Assert.Contains("\niterations: 2\n", printed.Output, StringComparison.Ordinal);
        File.WriteAllText(_folder["c.yaml"], printed.Output);
        Assert.Equal(0, Host.Run("run", _folder["c.yaml"], "--out", _folder["out"]).ExitCode);
    }

    [Fact]
    public void AnUnknownEstimatorIsRefused() =>
        Assert.Contains("did you mean bc-hg?", Host.Refusal("config", "--estimator", "bchg"), StringComparison.Ordinal);

    [Fact]
    public void ThePageIsCurrent()
    {
        string page = Host.Run("config", "--reference").Output;
        Assert.True(
            page == File.ReadAllText(Repository.Path("docs", "configuration.md")),
            "docs/configuration.md is old; write it anew: fasthyper config --reference > docs/configuration.md");
    }

    [Fact]
    public void ThePageSaysWhatAKeyCountsWith()
    {
        string page = ConfigReference.Write(new Catalogue());
        Assert.Contains("β₁ of Adam. Counts with leader.optimizer = adam.", page, StringComparison.Ordinal);
        foreach (string name in ((string[])[.. new Catalogue().Problems.Names, .. new Catalogue().Estimators.Names]))
            Assert.Contains($"\n### {name}\n", page, StringComparison.Ordinal);
    }
}
