using System.Text.Json;

namespace FastHyper.Experiments.Conversions;

/// <summary>
/// Gymnasium's transition dictionaries as JSON: <c>P[s][a] = [[probability, next, reward, terminated], …]</c>, by number or by key, alone
/// or as <c>P</c> beside <c>initial_state_distrib</c> and <c>gamma</c>.
/// </summary>
internal static class TransitionJson
{
    public static TabularMdp Read(string text)
    {
        using JsonDocument document = Parse(text);
        JsonElement root = document.RootElement, table = root;
        if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("P", out JsonElement named)) table = named;
        JsonElement[] states = Items(table, "P");
        if (states.Length == 0) throw new InvalidInputException("P: no states; expected at least one");
        int actions = Items(states[0], "P[0]").Length;
        if (actions == 0) throw new InvalidInputException("P[0]: no actions; expected at least one");
        TabularMdp mdp = new(states.Length, actions);
        for (int s = 0; s < states.Length; s++)
        {
            JsonElement[] each = Items(states[s], $"P[{s}]");
            if (each.Length != actions) throw new InvalidInputException($"P[{s}]: {each.Length} actions; expected {actions}, as in P[0]");
            for (int a = 0; a < actions; a++) ReadOutcomes(mdp, each[a], s, a);
        }

        if (root.ValueKind != JsonValueKind.Object) return mdp;
        if (root.TryGetProperty("gamma", out JsonElement gamma)) mdp.Gamma = Number(gamma, "gamma");
        if (root.TryGetProperty("initial_state_distrib", out JsonElement start))
        {
            mdp.Initial = [.. Items(start, "initial_state_distrib").Select((value, s) => Number(value, $"initial_state_distrib[{s}]"))];
            if (mdp.Initial.Length != states.Length)
                throw new InvalidInputException(
                    $"initial_state_distrib: {mdp.Initial.Length} numbers; expected {states.Length}, one a state");
        }

        return mdp;
    }

    public static string Write(TabularMdp mdp)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            if (mdp.Gamma is double gamma) writer.WriteNumber("gamma", gamma);
            if (mdp.Initial is not null)
            {
                writer.WriteStartArray("initial_state_distrib");
                foreach (double probability in mdp.Initial) writer.WriteNumberValue(probability);
                writer.WriteEndArray();
            }

            writer.WriteStartObject("P");
            for (int s = 0; s < mdp.States; s++)
            {
                writer.WriteStartObject($"{s}");
                for (int a = 0; a < mdp.Actions; a++) WriteOutcomes(writer, mdp, s, a);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void ReadOutcomes(TabularMdp mdp, JsonElement outcomes, int s, int a)
    {
        int row = (s * mdp.Actions) + a;
        JsonElement[] each = Items(outcomes, $"P[{s}][{a}]");
        for (int k = 0; k < each.Length; k++)
        {
            string name = $"P[{s}][{a}][{k}]";
            JsonElement[] parts = Items(each[k], name);
            if (parts.Length != 4 || parts[3].ValueKind is not (JsonValueKind.True or JsonValueKind.False))
                throw new InvalidInputException(
                    $"{name}: {OneLine.Value(each[k].GetRawText())}; expected [probability, next state, reward, true or false]");
            double probability = Number(parts[0], name), next = Number(parts[1], name);
            if (!(next >= 0 && next < mdp.States && next == Math.Floor(next)))
                throw new InvalidInputException($"{name}: next state {next}; expected 0 to {mdp.States - 1}");
            mdp.Reward[row] += probability * Number(parts[2], name);
            if (parts[3].ValueKind == JsonValueKind.False) mdp.Add(row, (int)next, probability);
        }
    }

    private static void WriteOutcomes(Utf8JsonWriter writer, TabularMdp mdp, int s, int a)
    {
        int row = (s * mdp.Actions) + a;
        double left = 1;
        writer.WriteStartArray($"{a}");
        foreach ((int next, double probability) in mdp.Row(row))
        {
            WriteOutcome(probability, next, false);
            left -= probability;
        }

        if (left > Backends.Transitions.RowSumSlack) WriteOutcome(left, s, true);
        writer.WriteEndArray();

        void WriteOutcome(double probability, int next, bool ends)
        {
            writer.WriteStartArray();
            writer.WriteNumberValue(probability);
            writer.WriteNumberValue(next);
            writer.WriteNumberValue(mdp.Reward[row]);
            writer.WriteBooleanValue(ends);
            writer.WriteEndArray();
        }
    }

    private static JsonDocument Parse(string text)
    {
        try
        {
            return JsonDocument.Parse(text, new JsonDocumentOptions { AllowTrailingCommas = true });
        }
        catch (JsonException e)
        {
            throw new InvalidInputException($"no JSON: {OneLine.Reason(e)}", e);
        }
    }

    /// <summary>What an array, or an object with the keys 0, 1, … has, in order.</summary>
    private static JsonElement[] Items(JsonElement element, string name)
    {
        if (element.ValueKind == JsonValueKind.Array) return [.. element.EnumerateArray()];
        if (element.ValueKind != JsonValueKind.Object)
            throw new InvalidInputException(
                $"{name}: {OneLine.Value(element.GetRawText())}; expected an array, or an object with keys 0, 1, ...");
        JsonElement[] items = new JsonElement[element.EnumerateObject().Count()];
        for (int i = 0; i < items.Length; i++)
            if (!element.TryGetProperty($"{i}", out items[i])) throw new InvalidInputException(
                $"{name}: no key {i}; expected 0 to {items.Length - 1}");
        return items;
    }

    private static double Number(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out double value) && double.IsFinite(value)
        ? value
        : throw new InvalidInputException($"{name}: {OneLine.Value(element.GetRawText())}; expected a finite number");
}
