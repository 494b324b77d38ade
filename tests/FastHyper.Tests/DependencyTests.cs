using System.Text.RegularExpressions;

namespace FastHyper.Tests;

/// <summary>
/// Each folder of the libraries uses only those to its left: root, Files, Backends → Problems → Followers → Rollouts →
/// Hypergradients → Leaders → Experiments.
/// </summary>
public partial class DependencyTests
{
    private static readonly string[] Order = ["Problems", "Followers", "Rollouts", "Hypergradients", "Leaders", "Experiments"];

    [Fact]
    public void FoldersUseOnlyThoseToTheirLeft()
    {
        (string File, string From, string To)[] uses = [.. Uses()];
        Assert.Contains(uses, use => use is { From: "Problems", To: "Backends" });
        Assert.Contains(uses, use => use is { From: "Leaders", To: "Hypergradients" });
        Assert.Contains(uses, use => use is { From: "Backends.Cpu.States", To: "Backends.Cpu.Lanes" });
        Assert.True(uses.Length > 50, $"{uses.Length} uses found");
        Assert.Empty(uses.Where(use => !Allowed(use.From, use.To)).Select(use => $"{use.File}: {use.From} uses {use.To}"));
    }

    [Fact]
    public void FoldersDoNotGoInCircles()
    {
        ILookup<string, string> uses = Uses().Where(use => Top(use.From) != Top(use.To)).ToLookup(use => Top(use.From), use => Top(use.To));
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
        foreach ((string file, string folder, string text) in Sources())
            Assert.Equal((file, folder), (file, Folder(NamespaceLine().Match(text).Groups[1].Value)));
    }

    [Fact]
    public void TheBindingOfOpenClIsUsedInItsFolderAlone()
    {
        var users = Sources().Where(source => source.Text.Contains("Silk.NET", StringComparison.Ordinal));
        Assert.Equal("Backends.OpenCl.Binding", Assert.Single(users.Select(source => source.Folder).Distinct()));
    }

    [Fact]
    public void TheEngineKnowsNoYamlAndNoConsole()
    {
        string?[] engine = [.. typeof(WorkMonitor).Assembly.GetReferencedAssemblies().Select(name => name.Name)];
        Assert.Contains("Silk.NET.OpenCL", engine);
        foreach (string other in (string[])["YamlDotNet", "Spectre.Console", "System.CommandLine", "FastHyper.Experiments", "System.Console"])
            Assert.DoesNotContain(other, engine);
    }

    [Theory]
    [InlineData("Problems", "Leaders", false)]
    [InlineData("Leaders", "Problems", true)]
    [InlineData("Files", "Backends", false)]
    [InlineData("Backends", "Files", false)]
    [InlineData("Backends", "", true)]
    [InlineData("Backends", "Backends.Cpu", false)]
    [InlineData("Backends.Cpu", "Backends", true)]
    [InlineData("Backends.Cpu", "Problems", false)]
    [InlineData("Backends.Cpu.States", "Backends.Cpu.Common", true)]
    [InlineData("Backends.Cpu.Common", "Backends.Cpu.States", false)]
    [InlineData("Backends.Cpu.Instances", "Backends.Cpu.States", false)]
    [InlineData("Backends.Cpu.States", "Backends.Cpu.Responses", true)]
    [InlineData("Backends.Cpu.Slices", "Backends.Cpu.Orders", false)]
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
            return Top(from) is "Experiments" || to == "Backends" || to.StartsWith(from + '.', StringComparison.Ordinal);
        return Array.IndexOf(Order, Top(from)) is >= 0 and int right && Array.IndexOf(Order, Top(to)) < right;
    }

    /// <summary>
    /// Which backend a folder belongs to and where in it, from what all of it uses; folders of a level do not know each other.
    /// </summary>
    private static (string? Tree, int Level) Within(string folder) => folder switch
    {
        "Backends.Cpu.Lanes" => ("Cpu", 0),
        "Backends.Cpu.Common" => ("Cpu", 1),
        "Backends.Cpu.Slices" or "Backends.Cpu.Factorisations" or "Backends.Cpu.Features" => ("Cpu", 2),
        "Backends.Cpu.Orders" or "Backends.Cpu.Responses" => ("Cpu", 3),
        "Backends.Cpu.Instances" or "Backends.Cpu.States" => ("Cpu", 4),
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

    private static string Folder(string name) => name == "FastHyper" ? "" : name["FastHyper.".Length..];

    /// <summary>What each file's usings, and names qualified in its code, refer to.</summary>
    private static IEnumerable<(string File, string From, string To)> Uses()
    {
        (string File, string Folder, string Text)[] sources = [.. Sources()];
        HashSet<string> folders = [.. sources.Select(source => source.Folder)];
        foreach ((string file, string from, string text) in sources)
        {
            foreach (Match match in ProjectName().Matches(NamespaceLine().Replace(text, "")))
            {
                string to = match.Groups[1].Value;
                while (!folders.Contains(to)) to = to.Contains('.', StringComparison.Ordinal) ? to[..to.LastIndexOf('.')] : "";
                yield return (file, from, to);
            }
        }
    }

    private static IEnumerable<(string File, string Folder, string Text)> Sources()
    {
        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "FastHyper.sln"))) root = root.Parent;
        string src = Path.Combine(Assert.IsType<DirectoryInfo>(root).FullName, "src");
        string[] assemblies = [Path.Combine(src, "FastHyper"), Path.Combine(src, "FastHyper.Experiments")];
        foreach ((string assembly, string path) in assemblies.SelectMany(assembly => Directory.EnumerateFiles(assembly, "*.cs", SearchOption.AllDirectories).Select(path => (assembly, path))))
        {
            string file = Path.GetRelativePath(assembly, path).Replace('\\', '/');
            if (file.StartsWith("obj/", StringComparison.Ordinal) || file.StartsWith("bin/", StringComparison.Ordinal)) continue;
            if (assembly == assemblies[1]) file = "Experiments/" + file;
            string folder = file.Contains('/', StringComparison.Ordinal) ? file[..file.LastIndexOf('/')].Replace('/', '.') : "";
            string code = string.Join(
                '\n', File.ReadLines(path).Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal)));
            yield return (file, folder, code);
        }
    }

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"\bFastHyper\.([A-Z][\w.]*)")]
    private static partial Regex ProjectName();
}
