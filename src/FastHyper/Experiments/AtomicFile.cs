namespace FastHyper.Experiments;

/// <summary>Writes text files whole or not at all.</summary>
internal static class AtomicFile
{
    public static void Write(string path, string text)
    {
        string temporary = path + ".tmp";
        try
        {
            File.WriteAllText(temporary, text);
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
