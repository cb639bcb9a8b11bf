from .audio_segment import AudioSegment as AudioSegment
