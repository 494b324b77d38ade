extern alias Generators;

using Generators::FastHyper.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace FastHyper.Tests.Support;

/// <summary>A namespace that the code of a file refers to; relative to FastHyper where it is one of the libraries'.</summary>
internal readonly record struct NamespaceUse(string File, string From, string To, bool IsOurs);

/// <summary>The sources of the libraries, compiled: what refers to what by the compiler's symbols, however it is spelled.</summary>
internal static class CompiledSources
{
    private const string Root = "FastHyper";

    // What the SDK's own generators write, which are not run here: bodies of patterns and of native functions.
    private const string PartialWithoutBody = "CS8795";
    private const string ImplicitUsings =
        "global using System; global using System.IO; global using System.Linq; global using System.Collections.Generic; "
        + "global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;";
    private static readonly CSharpParseOptions s_language = new(LanguageVersion.Preview);
    private static readonly Lazy<CSharpCompilation[]> s_libraries = new(Compile);
    private static readonly Lazy<NamespaceUse[]> s_uses = new(
        () => [.. s_libraries.Value.SelectMany(library => library.SyntaxTrees.SelectMany(tree => Uses(library, tree)))]);

    /// <summary>All uses in both libraries.</summary>
    public static IReadOnlyList<NamespaceUse> Uses() => s_uses.Value;

    /// <summary>What a source would use that stood in the engine.</summary>
    public static IEnumerable<NamespaceUse> Uses(string planted)
    {
        SyntaxTree tree = CSharpSyntaxTree.ParseText(planted, s_language, "planted");
        CSharpCompilation library = s_libraries.Value[0].AddSyntaxTrees(tree);
        RequireSound(library.GetSemanticModel(tree).GetDiagnostics());
        return Uses(library, tree);
    }

    /// <summary>The folder and the namespace of each file.</summary>
    public static IEnumerable<(string File, string Folder, string Namespace)> Files() =>
        from tree in s_libraries.Value.SelectMany(library => library.SyntaxTrees)
        where tree.FilePath.EndsWith(".cs", StringComparison.Ordinal) && !IsGenerated(tree)
        let end = tree.FilePath.LastIndexOf('/')
        select (tree.FilePath, end < 0 ? "" : tree.FilePath[..end].Replace('/', '.'), Namespace(tree));

    private static IEnumerable<NamespaceUse> Uses(CSharpCompilation library, SyntaxTree tree)
    {
        if (IsGenerated(tree)) return [];
        SemanticModel model = library.GetSemanticModel(tree);
        return tree.GetRoot().DescendantNodes(node => node is not UsingDirectiveSyntax)
            .SelectMany(node => Symbols(model, node))
            .Where(symbol => symbol is { ContainingNamespace.IsGlobalNamespace: false })
            .Select(symbol =>
                (symbol.ContainingNamespace.ToDisplayString(), symbol.ContainingAssembly?.Name.StartsWith(Root, StringComparison.Ordinal)))
            .Distinct()
            .Select(to =>
                new NamespaceUse(tree.FilePath, Namespace(tree), to.Item2 == true ? Relative(to.Item1) : to.Item1, to.Item2 == true));
    }

    /// <summary>What a name stands for, <c>var</c> among them, and what is made of a type that is not named.</summary>
    private static IEnumerable<ISymbol> Symbols(SemanticModel model, SyntaxNode node) => node switch
    {
        SimpleNameSyntax name => model.GetSymbolInfo(name).Symbol switch
        {
            null or INamespaceSymbol => [],
            ITypeSymbol type => Parts(type),
            ISymbol member => [member],
        },
        ImplicitObjectCreationExpressionSyntax made => Parts(model.GetTypeInfo(made).Type),
        _ => [],
    };

    private static IEnumerable<ISymbol> Parts(ITypeSymbol? type) => type switch
    {
        IArrayTypeSymbol array => Parts(array.ElementType),
        IPointerTypeSymbol pointer => Parts(pointer.PointedAtType),
        INamedTypeSymbol named => named.TypeArguments.SelectMany(Parts).Prepend(named),
        _ => [],
    };

    private static bool IsGenerated(SyntaxTree tree) =>
        tree.FilePath.Length == 0 || tree.FilePath.EndsWith(".g.cs", StringComparison.Ordinal);

    private static string Namespace(SyntaxTree tree) =>
        tree.GetRoot().DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>().FirstOrDefault() is { } found
            ? Relative(found.Name.ToString())
            : "";

    private static string Relative(string name) => name == Root ? "" : name[(Root.Length + 1)..];

    private static CSharpCompilation[] Compile()
    {
        string src = Repository.Path("src");
        string system = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        MetadataReference[] references = [.. system.Split(Path.PathSeparator)
            .Where(path => !Path.GetFileName(path).StartsWith(Root, StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path))];
        CSharpCompilation engine = Compile(Root, Path.Combine(src, Root), "", references);
        const string experiments = Root + ".Experiments";
        return [engine,
            Compile(experiments, Path.Combine(src, experiments), "Experiments/", [.. references, engine.ToMetadataReference()])];
    }

    private static CSharpCompilation Compile(string name, string folder, string prefix, MetadataReference[] references)
    {
        IEnumerable<SyntaxTree> trees =
            from path in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            let file = Path.GetRelativePath(folder, path).Replace('\\', '/')
            where !file.StartsWith("obj/", StringComparison.Ordinal) && !file.StartsWith("bin/", StringComparison.Ordinal)
            select CSharpSyntaxTree.ParseText(File.ReadAllText(path), s_language, prefix + file);
        var options = new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable);
        var library = CSharpCompilation.Create(
            name, [.. trees, CSharpSyntaxTree.ParseText(ImplicitUsings, s_language)], references, options);
        CSharpGeneratorDriver.Create([new OptionsGenerator().AsSourceGenerator()], parseOptions: s_language)
            .RunGeneratorsAndUpdateCompilation(library, out Compilation whole, out _);
        // Bodies have been compiled with this test; what could be missing here is references, and what generators write.
        RequireSound(whole.GetDeclarationDiagnostics());
        return (CSharpCompilation)whole;
    }

    /// <summary>Names that are not understood would not be counted.</summary>
    private static void RequireSound(IEnumerable<Diagnostic> found) =>
        Assert.DoesNotContain(found, each => each is { Severity: DiagnosticSeverity.Error, Id: not PartialWithoutBody });
}
