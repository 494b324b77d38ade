using System.Text;

namespace FastHyper.Experiments;

/// <summary>
/// Keeps a folder to one writer: the file <c>.fasthyper.lock</c> in it, held open with an exclusive lock of the operating system.
/// It stays there when the lock is released, as a sign of whose folder it is.
/// </summary>
/// <remarks>
/// The lock is <c>flock</c>, by <see cref="FileShare.None"/>: it belongs to the open file, and the system releases it when the process
/// ends in whatever way. Over NFS, Linux turns it into a lock of the whole file at the server, which all machines that mount it see
/// (NFS 4, or 3 with its lock daemon); that of a machine that is gone lasts for the lease, 90 s as a rule. A mount with
/// <c>nolock</c> or <c>local_lock</c> keeps the writers of one machine apart only (see <see cref="Mounts"/>). There the file is created
/// exclusively, which NFS does atomically from version 3 on, so that of those who claim a new folder one alone is its creator; and it names
/// its owner's machine until it is released, so that others refuse what one of another machine has not released. Of a process that was
/// killed the user has to say so, by removing the file. <see cref="Holds"/> tells where locks are not held at all.
/// </remarks>
internal sealed class FolderLock : IDisposable
{
    /// <summary>Name of the file.</summary>
    public const string Name = ".fasthyper.lock";

    private readonly string _path;
    private readonly FileStream _file;
    private readonly bool _isNamed;

    private FolderLock(string path, FileStream file, bool isNew, string? machine)
    {
        (_path, _file, IsNew, _isNamed) = (path, file, isNew, machine is not null);
        if (machine is null) return;
        file.Write(Encoding.UTF8.GetBytes(machine));
        file.Flush(flushToDisk: true);
    }

    /// <summary>Whether the file was not there before.</summary>
    public bool IsNew { get; }

    /// <summary>Takes the lock of a folder that is there; null where another has it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="needsNew">Whether a file that is there already counts as another's.</param>
    public static FolderLock? TryTake(string folder, bool needsNew = false) =>
        TryTake(folder, needsNew, Mounts.KeepLocksLocal(folder) ? Environment.MachineName : null);

    /// <summary>The machine of whoever has not released the lock, where locks are local; else null.</summary>
    public static string? Machine(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, Name)) is { Length: > 0 } machine ? machine : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The same, as a machine takes it whose locks no other sees; null where they do.</summary>
    internal static FolderLock? TryTake(string folder, bool needsNew, string? machine)
    {
        string path = Path.Combine(folder, Name);
        while (true)
        {
            bool isNew = !File.Exists(path);
            if (needsNew && !isNew) return null;
            FileStream file;
            try
            {
                file = new FileStream(path, isNew ? FileMode.CreateNew : FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            }
            catch (FileNotFoundException)
            {
                // Removed since: whoever had it gave the folder up.
                continue;
            }
            catch (IOException) when (File.Exists(path))
            {
                return null;
            }

            // A file that was removed between its opening and its locking locks nothing.
            if (!File.Exists(path))
            {
                file.Dispose();
                continue;
            }

            if (machine is not null && file.Length > 0)
            {
                byte[] owner = new byte[file.Length];
                file.ReadExactly(owner);
                if (Encoding.UTF8.GetString(owner) != machine)
                {
                    file.Dispose();
                    return null;
                }

                file.SetLength(0);
            }

            return new FolderLock(path, file, isNew, machine);
        }
    }

    /// <summary>Takes the lock of a folder, which is created where it is not there.</summary>
    /// <exception cref="InvalidInputException">Another has it.</exception>
    public static FolderLock Take(string folder)
    {
        Directory.CreateDirectory(folder);
        return TryTake(folder) ?? throw new InvalidInputException(
            $"{OneLine.Path(folder)}: another process works in it at the moment; " +
            "expected a folder of its own, or one whose work has ended");
    }

    /// <summary>Whether the file system keeps others out.</summary>
    public bool Holds()
    {
        try
        {
            using FileStream second = new(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Removes the file while it is locked, and releases it.</summary>
    public void Remove()
    {
        // Windows removes no file that is open.
        if (OperatingSystem.IsWindows()) _file.Dispose();
        File.Delete(_path);
        _file.Dispose();
    }

    /// <summary>Releases the lock.</summary>
    public void Dispose()
    {
        if (_isNamed && _file.CanWrite) _file.SetLength(0);
        _file.Dispose();
    }
}
