using FastHyper.Backends;
using FastHyper.Problems.Continuous;

namespace FastHyper.Rollouts;

/// <summary>What streams of an instance of continuous states run through: dynamics under a policy, many streams at once.</summary>
internal interface IContinuousModel
{
    /// <summary>State dimensions.</summary>
    int States { get; }

    /// <summary>Action dimensions; the number of an action is one.</summary>
    int Actions { get; }

    /// <summary>Uniform numbers that a start takes.</summary>
    int StartUniforms { get; }

    /// <summary>Standard normal numbers that a start takes, after the uniform ones.</summary>
    int StartNormals { get; }

    /// <summary>Uniform numbers that a step takes.</summary>
    int Uniforms { get; }

    /// <summary>Standard normal numbers that a step takes, after the uniform ones.</summary>
    int Normals { get; }

    /// <summary>Takes over what was configured, and the response to it; called by one thread at a time.</summary>
    void Prepare();

    /// <summary>Writes states that episodes start in.</summary>
    void Start(SampleSpans noise, SampleSpans states);

    /// <summary>Writes actions, next states, rewards, and where episodes end.</summary>
    void Step(
        SampleSpans states, SampleSpans noise, SampleSpans actions, SampleSpans next, Span<double> reward, Span<double> leaderReward,
        Span<StepEnd> end);
}
