namespace FastHyper.Experiments;

/// <summary>Whether locks of files are seen by other machines that share a file system.</summary>
internal static class Mounts
{
    private const string Table = "/proc/self/mountinfo";

    // NFS, which then asks no lock daemon, and Lustre.
    private static readonly string[] s_local = ["nolock", "local_lock=flock", "local_lock=all", "localflock", "noflock"];

    /// <summary>Whether a folder's mount is one of a network that keeps locks on each machine to itself.</summary>
    public static bool KeepLocksLocal(string folder) => File.Exists(Table) && KeepLocksLocal(folder, File.ReadAllLines(Table));

    /// <summary>The same by a table of mounts, as in /proc/self/mountinfo.</summary>
    internal static bool KeepLocksLocal(string folder, IEnumerable<string> table)
    {
        string path = Path.GetFullPath(folder) + '/';
        (string Point, string[] Options) best = ("", []);
        foreach (string line in table)
        {
            string[] fields = line.Split(' ');
            int dash = Array.IndexOf(fields, "-");
            if (fields.Length < 6 || dash < 0 || fields.Length < dash + 4) continue;
            string point = fields[4].Replace(@"\040", " ", StringComparison.Ordinal).TrimEnd('/') + '/';
            // Of mounts on one point the last covers the others.
            if (path.StartsWith(point, StringComparison.Ordinal) && point.Length >= best.Point.Length)
                best = (point, [.. fields[5].Split(','), .. fields[dash + 3].Split(',')]);
        }

        return best.Options.Intersect(s_local).Any();
    }
}
