using System.Net;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;

namespace FastHyper.Generators;

/// <summary>The summary of a property as one line of text.</summary>
internal static class Summary
{
    private static readonly Regex s_summary = new("<summary>(.*?)</summary>", RegexOptions.Singleline);
    private static readonly Regex s_reference =
        new("<(?:see|paramref|typeparamref) (?:cref|langword|name)=\"(?:.:)?([^\"]*[.])?([^\".]*)\" ?/>");
    private static readonly Regex s_tag = new("<[^>]*>");
    private static readonly Regex s_space = new(@"\s+");

    public static string Of(IPropertySymbol property)
    {
        Match summary = s_summary.Match(Comment(property));
        string text = s_tag.Replace(s_reference.Replace(summary.Groups[1].Value, reference => Spelt(reference, property)), "");
        return WebUtility.HtmlDecode(s_space.Replace(text, " ").Trim());
    }

    /// <summary>A reference as it is spelt where options are: one of these, a value of one, or anything else.</summary>
    private static string Spelt(Match reference, IPropertySymbol property)
    {
        string name = reference.Groups[2].Value;
        if (reference.Groups[1].Success) return Names.Kebab(name);
        return property.ContainingType.GetMembers(name).Length > 0 ? Names.Snake(name) : name;
    }

    /// <summary>As written, as compilers that write no documentation do not parse it; of another assembly, as that has it.</summary>
    private static string Comment(IPropertySymbol property)
    {
        SyntaxNode? syntax = property.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax();
        if (syntax is null) return property.GetDocumentationCommentXml() ?? "";
        IEnumerable<string> lines = syntax.GetLeadingTrivia().ToFullString().Split('\n').Select(line => line.Trim());
        return string.Join("\n", lines.Where(line => line.StartsWith("///", StringComparison.Ordinal)).Select(line => line.Substring(3)));
    }
}
