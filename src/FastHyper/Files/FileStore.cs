using System.Text;

namespace FastHyper.Files;

/// <summary>The ways in which files are written, in one place, so that tests can let any of them fail.</summary>
public class FileStore
{
    /// <summary>Ending of files that are not whole yet; what ends so is left over once nobody writes any more.</summary>
    public const string TemporaryEnding = ".tmp";

    /// <summary>The disk.</summary>
    public static FileStore Disk { get; } = new();

    /// <summary>Begins a file, in place of one that is there.</summary>
    /// <param name="path">The file.</param>
    public virtual Stream Create(string path) => new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None);

    /// <summary>Goes on at the end of a file that is there; a write is one to the system.</summary>
    /// <param name="path">The file.</param>
    public virtual Stream Append(string path)
    {
        FileStream stream = new(path, FileMode.Open, FileAccess.Write, FileShare.Read, bufferSize: 0);
        stream.Seek(0, SeekOrigin.End);
        return stream;
    }

    /// <summary>Waits until what was written is on the disk.</summary>
    /// <param name="stream">A file that was opened here.</param>
    public virtual void Flush(Stream stream) => ((FileStream)stream).Flush(flushToDisk: true);

    /// <summary>Renames a file, over one that is there.</summary>
    /// <param name="from">Its name.</param>
    /// <param name="to">Its new name.</param>
    public virtual void Move(string from, string to) => File.Move(from, to, overwrite: true);

    /// <summary>Removes a file, if it is there.</summary>
    /// <param name="path">The file.</param>
    public virtual void Delete(string path) => File.Delete(path);

    /// <summary>Cuts a file off.</summary>
    /// <param name="path">The file.</param>
    /// <param name="length">Bytes that stay.</param>
    public virtual void Truncate(string path, long length)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Write, FileShare.Read);
        stream.SetLength(length);
        stream.Flush(flushToDisk: true);
    }

    /// <summary>Writes a text file whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="text">What it shall hold, written as UTF-8.</param>
    public void Replace(string path, string text) => Replace(path, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes a file whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="bytes">What it shall hold.</param>
    public void Replace(string path, ReadOnlySpan<byte> bytes)
    {
        string temporary = path + TemporaryEnding;
        try
        {
            using (Stream stream = Create(temporary))
            {
                stream.Write(bytes);
                Flush(stream);
            }

            Move(temporary, path);
        }
        catch
        {
            Delete(temporary);
            throw;
        }
    }
}
