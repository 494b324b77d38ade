using FastHyper.Tests.Support;

namespace FastHyper.Tests;

/// <summary>
/// Each folder of the libraries uses only those to its left: root, Files, Backends → Problems → Followers → Rollouts →
/// Hypergradients → Leaders → Experiments.
/// </summary>
public class DependencyTests
{
    private static readonly string[] Order = ["Problems", "Followers", "Rollouts", "Hypergradients", "Leaders", "Experiments"];

    [Fact]
    public void FoldersUseOnlyThoseToTheirLeft()
    {
        NamespaceUse[] uses = [.. CompiledSources.Uses().Where(use => use.IsOurs)];
        Assert.Contains(uses, use => use is { From: "Problems", To: "Backends" });
        Assert.Contains(uses, use => use is { From: "Leaders", To: "Hypergradients" });
        Assert.Contains(uses, use => use is { From: "Backends.Cpu.OneLargeMdp", To: "Backends.Cpu.Lanes" });
        Assert.Contains(uses, use => use is { From: "Experiments", To: "Experiments.Reports" });
        Assert.True(uses.Length > 50, $"{uses.Length} uses found");
        string breaches = string.Join(Environment.NewLine, Breaches(uses));
        Assert.True(breaches.Length == 0, breaches);
    }

    [Theory]
    [InlineData("Problems", "object Planted() => typeof(Leaders.Leader);", "Leaders")]
    [InlineData("Problems", "object? Planted(Followers.Follower follower) => follower;", "Followers")]
    [InlineData("Backends", "int Planted() => new Cpu.Common.ThreadTeam(1).Size;", "Backends.Cpu.Common")]
    [InlineData("Backends.Cpu.Common", "object Planted() { using CpuBackend backend = new(); return backend.Name; }", "Backends.Cpu")]
    [InlineData("Rollouts", "object Planted(FastHyper.Hypergradients.EstimationContext context) => context;", "Hypergradients")]
    public void APlantedUseIsABreach(string folder, string member, string used)
    {
        string planted = $"namespace FastHyper.{folder};\ninternal class Plant {{ private {member} }}";
        Assert.Equal($"planted: {folder} uses {used}", Assert.Single(Breaches(CompiledSources.Uses(planted).Where(use => use.IsOurs))));
    }

    [Fact]
    public void FoldersDoNotGoInCircles()
    {
        ILookup<string, string> uses = CompiledSources.Uses()
            .Where(use => use.IsOurs && Top(use.From) != Top(use.To)).ToLookup(use => Top(use.From), use => Top(use.To));
        foreach (string folder in uses.Select(group => group.Key))
        {
            HashSet<string> reached = [];
            Queue<string> open = new(uses[folder]);
            while (open.TryDequeue(out string? next))
                if (reached.Add(next)) foreach (string further in uses[next]) open.Enqueue(further);
            Assert.DoesNotContain(folder, reached);
        }
    }

    [Fact]
    public void NamespacesAreFolders()
    {
        foreach ((string file, string folder, string name) in CompiledSources.Files()) Assert.Equal((file, folder), (file, name));
    }

    [Fact]
    public void TheBindingOfOpenClIsUsedInItsFolderAlone()
    {
        var users = CompiledSources.Uses().Where(use => use.To.StartsWith("Silk.NET", StringComparison.Ordinal));
        Assert.Equal("Backends.OpenCl.Binding", Assert.Single(users.Select(use => use.From).Distinct()));
    }

    [Fact]
    public void TheEngineKnowsNoYamlAndNoConsole()
    {
        string?[] engine = [.. typeof(WorkMonitor).Assembly.GetReferencedAssemblies().Select(name => name.Name)];
        Assert.Contains("Silk.NET.OpenCL", engine);
        foreach (
            string other in (string[])["YamlDotNet", "Spectre.Console", "System.CommandLine", "FastHyper.Experiments", "System.Console"])
            Assert.DoesNotContain(other, engine);
    }

    [Theory]
    [InlineData("Problems", "Leaders", false)]
    [InlineData("Leaders", "Problems", true)]
    [InlineData("Files", "Backends", false)]
    [InlineData("Backends", "Files", false)]
    [InlineData("Backends", "", true)]
    [InlineData("Problems.Games", "Problems", true)]
    [InlineData("Backends", "Backends.Cpu", false)]
    [InlineData("Backends.Cpu", "Backends", true)]
    [InlineData("Backends.Cpu", "Problems", false)]
    [InlineData("Backends.Cpu.OneLargeMdp", "Backends.Cpu.Common", true)]
    [InlineData("Backends.Cpu.Common", "Backends.Cpu.OneLargeMdp", false)]
    [InlineData("Backends.Cpu.ManySmallMdps", "Backends.Cpu.OneLargeMdp", false)]
    [InlineData("Backends.Cpu.OneLargeMdp", "Backends.Cpu.Krylov", true)]
    [InlineData("Backends.Cpu.SlicedEll", "Backends.Cpu.Reordering", false)]
    [InlineData("Backends.OpenCl.Programs", "Backends.OpenCl.Binding", true)]
    [InlineData("Backends.OpenCl.Binding", "Backends.OpenCl.Devices", false)]
    [InlineData("Backends.OpenCl.Engines", "Backends.Cpu.Common", false)]
    [InlineData("Backends.OpenCl", "Backends.Cpu", false)]
    [InlineData("Backends.Selection", "Backends.Cpu", true)]
    [InlineData("Backends.Selection", "Problems", false)]
    [InlineData("Backends.Cpu", "Backends.Selection", false)]
    [InlineData("", "Backends", false)]
    [InlineData("Experiments", "Experiments.Reports", true)]
    [InlineData("Experiments.Reports", "Leaders", false)]
    [InlineData("Experiments.Configuration", "Experiments.Reports", false)]
    public void TheRuleIsTheArchitectures(string from, string to, bool allowed) => Assert.Equal(allowed, Allowed(from, to));

    private static bool Allowed(string from, string to)
    {
        if (to.Length == 0 || from == to) return true;
        if (from is "Experiments.Configuration" or "Experiments.Reports") return false;
        if (from is "" or "Files" or "Backends") return false;
        // Where iterations on a device have failed, its linear solves are the host's factors.
        if (from == "Backends.OpenCl.Engines" && to == "Backends.Cpu.Factorisations") return true;
        // What chooses among backends knows them all.
        if (from == "Backends.Selection") return to is "Backends" or "Backends.Cpu" or "Backends.OpenCl" or "Backends.OpenCl.Devices";
        if (Within(from) is { Tree: not null } inner && Within(to) is { Tree: not null } outer)
            return inner.Tree == outer.Tree && outer.Level < inner.Level;
        if (Top(from) == Top(to))
            return Top(from) != "Backends" || to == "Backends" || to.StartsWith(from + '.', StringComparison.Ordinal);
        return Array.IndexOf(Order, Top(from)) is >= 0 and int right && Array.IndexOf(Order, Top(to)) < right;
    }

    /// <summary>
    /// Which backend a folder belongs to and where in it, from what all of it uses; folders of a level do not know each other.
    /// </summary>
    private static (string? Tree, int Level) Within(string folder) => folder switch
    {
        "Backends.Cpu.Lanes" => ("Cpu", 0),
        "Backends.Cpu.Common" => ("Cpu", 1),
        "Backends.Cpu.SlicedEll" or "Backends.Cpu.Factorisations" or "Backends.Cpu.Features" => ("Cpu", 2),
        "Backends.Cpu.Reordering" or "Backends.Cpu.Krylov" => ("Cpu", 3),
        "Backends.Cpu.ManySmallMdps" or "Backends.Cpu.OneLargeMdp" => ("Cpu", 4),
        "Backends.Cpu" => ("Cpu", 5),
        "Backends.OpenCl.Binding" => ("OpenCl", 0),
        "Backends.OpenCl.Devices" => ("OpenCl", 1),
        "Backends.OpenCl.Programs" => ("OpenCl", 2),
        "Backends.OpenCl.Buffers" => ("OpenCl", 3),
        "Backends.OpenCl.Engines" => ("OpenCl", 4),
        "Backends.OpenCl" => ("OpenCl", 5),
        _ => (null, 0),
    };

    private static string Top(string folder) => folder.Split('.')[0];

    private static IEnumerable<string> Breaches(IEnumerable<NamespaceUse> uses) =>
        uses.Where(use => !Allowed(use.From, use.To)).Select(use => $"{use.File}: {use.From} uses {use.To}");
}
