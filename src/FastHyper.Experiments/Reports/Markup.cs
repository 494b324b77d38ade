using System.Xml;

namespace FastHyper.Experiments.Reports;

/// <summary>Writes elements that are well formed both as XML and as HTML, with everything escaped.</summary>
internal sealed class Markup(TextWriter output)
{
    private readonly Stack<string> _open = new();
    private bool _inTag;

    /// <summary>Starts an element.</summary>
    public Markup Open(string name)
    {
        EndTag();
        output.Write('<');
        output.Write(name);
        _open.Push(name);
        _inTag = true;
        return this;
    }

    /// <summary>Adds an attribute to the element just started.</summary>
    public Markup With(string name, string value)
    {
        output.Write($" {name}=\"");
        Escape(value);
        output.Write('"');
        return this;
    }

    /// <summary>Adds a number as an attribute to the element just started.</summary>
    public Markup With(string name, double value) => With(name, Numbers.Coordinate(value));

    /// <summary>Adds text.</summary>
    public Markup Text(string text)
    {
        EndTag();
        Escape(text);
        return this;
    }

    /// <summary>Adds markup as it stands.</summary>
    public Markup Raw(string markup)
    {
        EndTag();
        output.Write(markup);
        return this;
    }

    /// <summary>Ends the innermost open element.</summary>
    public Markup Close()
    {
        string name = _open.Pop();
        output.Write(_inTag ? "/>" : $"</{name}>");
        _inTag = false;
        // A break after text would show as a space, so only blocks get one.
        if (_open.Count <= 3 || name is "g" or "svg")
            output.Write('\n');
        return this;
    }

    /// <summary>An element that holds nothing but text.</summary>
    public Markup Leaf(string name, string text) => Open(name).Text(text).Close();

    private void EndTag()
    {
        if (_inTag)
            output.Write('>');
        _inTag = false;
    }

    private void Escape(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                output.Write(c);
                output.Write(text[++i]);
                continue;
            }

            output.Write(c switch
            {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&quot;",
                _ => XmlConvert.IsXmlChar(c) ? c.ToString() : "\uFFFD",
            });
        }
    }
}
