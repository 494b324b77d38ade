using System.Runtime.CompilerServices;

namespace FastHyper.Experiments.Configuration;

/// <summary>
/// Options that can tell which of them are read: whoever makes something of them thereby states what they are for, and nobody
/// states it again. See <see cref="ReadKeys"/>.
/// </summary>
public abstract class NotingOptions
{
    private HashSet<string>? _read;

    /// <summary>Notes, while asked to, that an option is read.</summary>
    /// <typeparam name="T">The option's type.</typeparam>
    /// <param name="value">Its value.</param>
    /// <param name="option">Its property, which calls this.</param>
    /// <returns>The value.</returns>
    protected T Read<T>(T value, [CallerMemberName] string option = "")
    {
        _read?.Add(option);
        return value;
    }

    /// <summary>Notes what is read from here on in <paramref name="read"/>; null for no more.</summary>
    internal void Note(HashSet<string>? read) => _read = read;
}
